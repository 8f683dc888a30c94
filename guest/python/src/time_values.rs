//! Values of `datetime` and `decimal`, which Python's library defines: made and read by their public attributes.

use rustpython_vm::builtins::{PyFloat, PyInt, PyStr, PyTuple};
use rustpython_vm::{AsObject, PyObject, PyObjectRef, PyResult, VirtualMachine};
use skerry_pickle::{Date, DateTime, Id, Time, TimeDelta, Value};

/// Calls a class of the library.
pub(crate) fn construct(vm: &VirtualMachine, module: &str, class: &str, arguments: Vec<PyObjectRef>) -> PyResult {
    let module = vm.import(&vm.ctx.new_str(module), 0)?;
    module.get_attr(&vm.ctx.new_str(class), vm)?.call(arguments, vm)
}

/// The object that a value of `datetime` is.
pub(crate) fn to_python(vm: &VirtualMachine, value: &Value, objects: &[PyObjectRef]) -> PyResult {
    let int = |number: i64| -> PyObjectRef { vm.ctx.new_int(number).into() };
    let zone = |zone: Option<Id>| zone.map_or_else(|| vm.ctx.none(), |id| objects[id.index()].clone());
    let date = |date: &Date| vec![int(date.year.into()), int(date.month.into()), int(date.day.into())];
    let time = |time: &Time| {
        let parts = [time.hour.into(), time.minute.into(), time.second.into(), i64::from(time.microsecond)];
        let mut arguments: Vec<PyObjectRef> = parts.into_iter().map(int).collect();
        arguments.push(zone(time.tz));
        arguments
    };
    let delta =
        |delta: &TimeDelta| vec![int(delta.days.into()), int(delta.seconds.into()), int(delta.microseconds.into())];
    let folded = |object: PyObjectRef, fold: bool| -> PyResult {
        if !fold {
            return Ok(object);
        }
        construct(vm, "_skerry_run", "folded", vec![object])
    };
    match value {
        Value::Date(value) => construct(vm, "datetime", "date", date(value)),
        Value::Time(value) => folded(construct(vm, "datetime", "time", time(value))?, value.fold),
        Value::DateTime(value) => {
            let mut arguments = date(&value.date);
            arguments.extend(time(&value.time));
            folded(construct(vm, "datetime", "datetime", arguments)?, value.time.fold)
        }
        Value::TimeDelta(value) => construct(vm, "datetime", "timedelta", delta(value)),
        Value::TimeZone(offset, name) => {
            let mut arguments = vec![construct(vm, "datetime", "timedelta", delta(offset))?];
            if let Some(name) = name {
                arguments.push(vm.ctx.new_str(&**name).into());
            }
            construct(vm, "datetime", "timezone", arguments)
        }
        _ => Err(vm.new_type_error("not a value of datetime")),
    }
}

/// The value that an object of `datetime` or `decimal` is; `None` for any other. `add` adds a time zone to the data.
pub(crate) fn from_python(
    vm: &VirtualMachine,
    object: &PyObject,
    add: &mut dyn FnMut(&PyObject) -> Result<Id, String>,
) -> Result<Option<Value>, String> {
    let is = |module: &str, class: &str| {
        let modules = vm.sys_module.get_attr("modules", vm).ok()?;
        let class = modules.get_item(module, vm).ok()?.get_attr(&vm.ctx.new_str(class), vm).ok()?;
        object.class().as_object().is(&class).then_some(())
    };
    let read = Reader { vm, object };
    if is("decimal", "Decimal").is_some() {
        let text = object.str(vm).map_err(|_| "a Decimal of the result cannot be read")?;
        return Ok(Some(Value::Decimal(text.to_str().unwrap_or_default().to_owned())));
    }
    if is("datetime", "datetime").is_some() {
        return Ok(Some(Value::DateTime(DateTime { date: read.date()?, time: read.time(add)? })));
    }
    if is("datetime", "date").is_some() {
        return Ok(Some(Value::Date(read.date()?)));
    }
    if is("datetime", "time").is_some() {
        return Ok(Some(Value::Time(read.time(add)?)));
    }
    if is("datetime", "timedelta").is_some() {
        return Ok(Some(Value::TimeDelta(read.delta()?)));
    }
    if is("datetime", "timezone").is_some() {
        return read.zone().map(Some);
    }
    Ok(None)
}

struct Reader<'a> {
    vm: &'a VirtualMachine,
    object: &'a PyObject,
}

impl Reader<'_> {
    fn date(&self) -> Result<Date, String> {
        Ok(Date { year: self.int("year")?, month: self.int("month")?, day: self.int("day")? })
    }

    fn time(&self, add: &mut dyn FnMut(&PyObject) -> Result<Id, String>) -> Result<Time, String> {
        let zone = self.attribute("tzinfo")?;
        let tz = if self.vm.is_none(&zone) { None } else { Some(add(&zone)?) };
        Ok(Time {
            hour: self.int("hour")?,
            minute: self.int("minute")?,
            second: self.int("second")?,
            microsecond: self.int("microsecond")?,
            fold: self.int::<u8>("fold")? != 0,
            tz,
        })
    }

    fn delta(&self) -> Result<TimeDelta, String> {
        Ok(TimeDelta {
            days: self.int("days")?,
            seconds: self.int("seconds")?,
            microseconds: self.int("microseconds")?,
        })
    }

    /// What a timezone was made of, which is what it gives to whoever pickles it.
    fn zone(&self) -> Result<Value, String> {
        let unreadable = |_| "a timezone of the result cannot be read".to_owned();
        let vm = self.vm;
        let arguments = vm.call_method(self.object, "__getinitargs__", ()).map_err(unreadable)?;
        let arguments = arguments.downcast_ref::<PyTuple>().map(|tuple| tuple.as_slice().to_vec()).unwrap_or_default();
        let delta = arguments.first().ok_or("a timezone of the result has no offset")?;
        let name = arguments.get(1).and_then(|name| Some(name.downcast_ref::<PyStr>()?.to_str()?.into()));
        Ok(Value::TimeZone(Reader { vm, object: delta }.delta()?, name))
    }

    fn attribute(&self, name: &'static str) -> PyAttribute {
        self.object.get_attr(name, self.vm).map_err(|_| format!("{name} of a value of the result cannot be read"))
    }

    fn int<T: TryFrom<i64>>(&self, name: &'static str) -> Result<T, String> {
        let value = self.attribute(name)?;
        let number = value.downcast_ref::<PyInt>().and_then(|int| int.try_to_primitive::<i64>(self.vm).ok());
        number
            .and_then(|number| T::try_from(number).ok())
            .ok_or_else(|| format!("{name} of a value of the result is out of range"))
    }
}

type PyAttribute = Result<PyObjectRef, String>;

/// A part of a complex number.
pub(crate) fn float_attribute(vm: &VirtualMachine, object: &PyObject, name: &'static str) -> Result<f64, String> {
    let value = object.get_attr(name, vm).map_err(|_| format!("{name} of a complex number cannot be read"))?;
    value.downcast_ref::<PyFloat>().map(|float| float.to_f64()).ok_or_else(|| format!("{name} is no float"))
}
