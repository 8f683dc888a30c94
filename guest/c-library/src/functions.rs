//! The table of all functions that the host offers to compiled C, and how each is called.

use crate::environment::{Environment, Fault};
use crate::{allocation, gamma, general, math, standard_output, string, time};

/// The arguments of a call as raw values: floating-point numbers as their bits, all else in the lower bits.
#[derive(Clone, Copy)]
pub struct Arguments<'a>(&'a [u64]);

impl<'a> Arguments<'a> {
    pub(crate) fn new(raw: &'a [u64]) -> Self {
        Self(raw)
    }

    fn raw(self, index: usize) -> u64 {
        self.0.get(index).copied().unwrap_or_default()
    }

    pub(crate) fn address(self, index: usize) -> usize {
        self.raw(index) as u32 as usize
    }

    pub(crate) fn int(self, index: usize) -> i32 {
        self.raw(index) as i32
    }

    pub(crate) fn long(self, index: usize) -> i64 {
        self.raw(index) as i64
    }

    pub(crate) fn size(self, index: usize) -> usize {
        self.raw(index) as usize
    }

    pub(crate) fn double(self, index: usize) -> f64 {
        f64::from_bits(self.raw(index))
    }

    pub(crate) fn float(self, index: usize) -> f32 {
        f32::from_bits(self.raw(index) as u32)
    }
}

/// How a function is computed.
#[derive(Clone, Copy)]
pub enum Code {
    /// On linear memory and the library's state.
    Library(fn(&mut Environment<'_>, Arguments<'_>) -> Result<u64, Fault>),
    /// A number of a number.
    Unary(fn(f64) -> f64),
    /// A number of two.
    Binary(fn(f64, f64) -> f64),
    /// A number of three.
    Ternary(fn(f64, f64, f64) -> f64),
}

/// A function that compiled C may import.
pub struct Function {
    /// Its name in C, a letter for each parameter, and that of the result, with one space between: `strlen i l`. Letters:
    /// `i` and `l` for integers of 4 and 8 bytes, `f` and `d` for `float` and `double`. Pointers are `i`. One text, because
    /// each further one costs the image an address and its relocation.
    signature: &'static str,
    /// How it is computed.
    pub code: Code,
}

impl Function {
    fn part(&self, index: usize) -> &'static str {
        self.signature.split(' ').nth(index).unwrap_or_default()
    }

    /// Its name in C.
    pub fn name(&self) -> &'static str {
        self.part(0)
    }
}

/// A function that was found by name, and how it is to be called.
#[derive(Clone, Copy)]
pub struct Found {
    /// The function itself.
    pub function: &'static Function,
    /// It is the form on `float` of a function on `double`: where that has `d`, this has `f`.
    pub is_float: bool,
}

/// The function of a name, if there is one.
pub fn function(name: &str) -> Option<Found> {
    let find = |name: &str| FUNCTIONS.iter().find(|function| function.name() == name);
    if let Some(function) = find(name) {
        return Some(Found { function, is_float: false });
    }
    let function = find(name.strip_suffix('f')?)?;
    // `abs` has no form on `float`: only what has to do with `double` has.
    let has_float = function.part(1).starts_with('d') || name == "nanf";
    has_float.then_some(Found { function, is_float: true })
}

impl Found {
    /// The letters of its parameters: `i` and `l` for integers of 4 and 8 bytes, `f` and `d` for `float` and `double`.
    pub fn parameters(&self) -> impl Iterator<Item = u8> {
        let is_float = self.is_float;
        self.function.part(1).bytes().map(move |letter| narrowed(letter, is_float))
    }

    /// The letter of its result, if it has one.
    pub fn result(&self) -> Option<u8> {
        self.function.part(2).bytes().next().map(|letter| narrowed(letter, self.is_float))
    }

    /// Calls it with raw values, and gives a raw value. `errno` is set.
    ///
    /// # Errors
    ///
    /// [`Fault::NeedsMemory`]: grow memory and call it again. All others end the call of the offloaded function.
    pub fn call(&self, environment: &mut Environment<'_>, raw: &[u64]) -> Result<u64, Fault> {
        if !self.is_float {
            return self.call_on_double(environment, raw);
        }
        let mut widened = [0; 4];
        for ((place, raw), letter) in widened.iter_mut().zip(raw).zip(self.function.part(1).bytes()) {
            *place = if letter == b'd' { f64::from(f32::from_bits(*raw as u32)).to_bits() } else { *raw };
        }
        let result = self.call_on_double(environment, &widened)?;
        Ok(if self.function.part(2) == "d" { u64::from((f64::from_bits(result) as f32).to_bits()) } else { result })
    }

    fn call_on_double(&self, environment: &mut Environment<'_>, raw: &[u64]) -> Result<u64, Fault> {
        let arguments = Arguments(raw);
        let [x, y, z] = [0, 1, 2].map(|index| arguments.double(index));
        let (count, mut result) = match self.function.code {
            Code::Library(function) => return function(environment, arguments),
            Code::Unary(function) => (1, function(x)),
            Code::Binary(function) => (2, function(x, y)),
            Code::Ternary(function) => (3, function(x, y, z)),
        };
        if self.is_float {
            result = f64::from(result as f32);
        }
        let operands = [x, y, z];
        if let Some(number) =
            math::error_number(operands.get(..count).unwrap_or_default(), result, self.function.name())
        {
            environment.set_error_number(number);
        }
        Ok(result.to_bits())
    }
}

fn narrowed(letter: u8, is_float: bool) -> u8 {
    if is_float && letter == b'd' { b'f' } else { letter }
}

type Called = fn(&mut Environment<'_>, Arguments<'_>) -> Result<u64, Fault>;

const fn library(signature: &'static str, called: Called) -> Function {
    Function { signature, code: Code::Library(called) }
}

const fn unary(signature: &'static str, function: fn(f64) -> f64) -> Function {
    Function { signature, code: Code::Unary(function) }
}

const fn binary(signature: &'static str, function: fn(f64, f64) -> f64) -> Function {
    Function { signature, code: Code::Binary(function) }
}

/// All functions on offer.
pub static FUNCTIONS: &[Function] = &[
    // math.h
    unary("acos d d", f64::acos),
    unary("acosh d d", f64::acosh),
    unary("asin d d", f64::asin),
    unary("asinh d d", f64::asinh),
    unary("atan d d", f64::atan),
    binary("atan2 dd d", f64::atan2),
    unary("atanh d d", f64::atanh),
    unary("cbrt d d", f64::cbrt),
    unary("ceil d d", f64::ceil),
    binary("copysign dd d", f64::copysign),
    unary("cos d d", f64::cos),
    unary("cosh d d", f64::cosh),
    unary("erf d d", libm::erf),
    unary("erfc d d", libm::erfc),
    unary("exp d d", f64::exp),
    unary("exp2 d d", f64::exp2),
    unary("expm1 d d", f64::exp_m1),
    unary("fabs d d", f64::abs),
    binary("fdim dd d", math::fdim),
    unary("floor d d", f64::floor),
    Function { signature: "fma ddd d", code: Code::Ternary(f64::mul_add) },
    library("fmaf fff f", math::fmaf),
    binary("fmax dd d", f64::max),
    binary("fmin dd d", f64::min),
    binary("fmod dd d", |x, y| x % y),
    library("frexp di d", math::frexp),
    binary("hypot dd d", f64::hypot),
    library("ilogb d i", math::ilogb),
    library("ldexp di d", math::ldexp),
    unary("lgamma d d", gamma::lgamma),
    library("llrint d l", math::lrint),
    library("llround d l", math::lround),
    unary("log d d", f64::ln),
    unary("log10 d d", f64::log10),
    unary("log1p d d", f64::ln_1p),
    unary("log2 d d", f64::log2),
    unary("logb d d", math::logb),
    library("lrint d l", math::lrint),
    library("lround d l", math::lround),
    library("modf di d", math::modf),
    library("modff fi f", math::modff),
    library("nan i d", math::nan),
    unary("nearbyint d d", f64::round_ties_even),
    binary("nextafter dd d", libm::nextafter),
    library("nextafterf ff f", math::nextafterf),
    binary("pow dd d", f64::powf),
    binary("remainder dd d", libm::remainder),
    library("remquo ddi d", math::remquo),
    unary("rint d d", f64::round_ties_even),
    unary("round d d", f64::round),
    library("scalbln dl d", math::scalbln),
    library("scalbn di d", math::ldexp),
    unary("sin d d", f64::sin),
    unary("sinh d d", f64::sinh),
    unary("sqrt d d", f64::sqrt),
    unary("tan d d", f64::tan),
    unary("tanh d d", f64::tanh),
    unary("tgamma d d", gamma::tgamma),
    unary("trunc d d", f64::trunc),
    // string.h and strings.h
    library("memchr iil i", string::memchr),
    library("memcmp iil i", string::memcmp),
    library("memmem ilil i", string::memmem),
    library("memrchr iil i", string::memrchr),
    library("stpcpy ii i", string::stpcpy),
    library("strcasecmp ii i", string::strcasecmp),
    library("strcat ii i", string::strcat),
    library("strchr ii i", string::strchr),
    library("strcmp ii i", string::strcmp),
    library("strcoll ii i", string::strcmp),
    library("strcpy ii i", string::strcpy),
    library("strcspn ii l", string::strcspn),
    library("strdup i i", string::strdup),
    library("strerror i i", string::strerror),
    library("strlen i l", string::strlen),
    library("strncasecmp iil i", string::strncasecmp),
    library("strncat iil i", string::strncat),
    library("strncmp iil i", string::strncmp),
    library("strncpy iil i", string::strncpy),
    library("strndup il i", string::strndup),
    library("strnlen il l", string::strnlen),
    library("strpbrk ii i", string::strpbrk),
    library("strrchr ii i", string::strrchr),
    library("strspn ii l", string::strspn),
    library("strstr ii i", string::strstr),
    library("strtok ii i", string::strtok),
    library("strtok_r iii i", string::strtok_r),
    library("strxfrm iil l", string::strxfrm),
    // stdlib.h
    library("_Exit i ", general::exit),
    library("abort  ", general::abort),
    library("aligned_alloc ll i", allocation::aligned_alloc),
    library("atof i d", general::atof),
    library("atoi i i", general::atoi),
    library("atol i l", general::atol),
    library("atoll i l", general::atol),
    library("calloc ll i", allocation::calloc),
    library("exit i ", general::exit),
    library("free i ", allocation::free),
    library("malloc l i", allocation::malloc),
    library("rand  i", general::rand),
    library("realloc il i", allocation::realloc),
    library("srand i ", general::srand),
    library("strtod ii d", general::strtod),
    library("strtof ii f", general::strtof),
    library("strtol iii l", general::strtol),
    library("strtoll iii l", general::strtol),
    library("strtoul iii l", general::strtoul),
    library("strtoull iii l", general::strtoul),
    // stdio.h: variable arguments are the address where they lie, and so is a `va_list`
    library("fflush i i", standard_output::fflush),
    library("fprintf iii i", standard_output::fprintf),
    library("fputc ii i", standard_output::fputc),
    library("fputs ii i", standard_output::fputs),
    library("fwrite illi l", standard_output::fwrite),
    library("perror i ", standard_output::perror),
    library("printf ii i", standard_output::printf),
    library("putc ii i", standard_output::fputc),
    library("putchar i i", standard_output::putchar),
    library("puts i i", standard_output::puts),
    library("snprintf ilii i", standard_output::snprintf),
    library("sprintf iii i", standard_output::sprintf),
    library("sscanf iii i", standard_output::sscanf),
    library("vfprintf iii i", standard_output::fprintf),
    library("vprintf ii i", standard_output::printf),
    library("vsnprintf ilii i", standard_output::snprintf),
    library("vsprintf iii i", standard_output::sprintf),
    library("vsscanf iii i", standard_output::sscanf),
    // time.h
    library("asctime i i", time::asctime),
    library("clock  l", time::clock),
    library("clock_gettime ii i", time::clock_gettime),
    library("ctime i i", time::ctime),
    library("gmtime i i", time::gmtime),
    library("gmtime_r ii i", time::gmtime_r),
    library("localtime i i", time::gmtime),
    library("localtime_r ii i", time::gmtime_r),
    library("mktime i l", time::mktime),
    library("strftime ilii l", time::strftime),
    library("time i l", time::time),
    library("timegm i l", time::mktime),
    library("timespec_get ii i", time::timespec_get),
    // What the headers' macros call.
    library("__assert_fail iiii ", general::assert_fail),
    library("__errno_location  i", string::errno_location),
];
