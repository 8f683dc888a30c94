//! The first program of the Linux microVM that Skerry is compared with. It does what an init system and its tools would do,
//! and no more, in one process: loads the drivers, brings the network up, becomes the runtime.
//!
//! Debian's cloud kernel has its virtio drivers as modules and no `ip=` on its command line; a shell with `insmod` and `ip`
//! would start half a dozen processes instead.

use std::ffi::{CStr, CString};
use std::fs::{self, File};
use std::io;
use std::net::Ipv4Addr;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Where the modules are, named so that their order is the one in which they need each other.
const MODULES: &str = "/modules";
/// What QEMU's user networking gives to its first guest.
const ADDRESS: Ipv4Addr = Ipv4Addr::new(10, 0, 2, 15);
const NETMASK: Ipv4Addr = Ipv4Addr::new(255, 255, 255, 0);
/// The program that this one becomes.
const RUNTIME: &str = "/skerry-runtime";

fn main() {
    let failed = match prepare() {
        Ok(()) => Command::new(RUNTIME).arg("address=0.0.0.0").args(std::env::args().skip(1)).exec(),
        Err(error) => error,
    };
    // The first program must not end: the kernel would panic, and hide this line among its own.
    eprintln!("init: {failed}");
    loop {
        std::thread::park();
    }
}

fn prepare() -> io::Result<()> {
    mount_proc()?;
    let mut modules: Vec<_> =
        fs::read_dir(MODULES)?.map(|entry| entry.map(|entry| entry.path())).collect::<Result<_, _>>()?;
    modules.sort();
    for module in modules {
        load(&File::open(&module)?).map_err(|error| io::Error::other(format!("{}: {error}", module.display())))?;
    }
    let socket = socket()?;
    up(&socket, c"lo")?;
    set_address(&socket, libc::SIOCSIFADDR, ADDRESS)?;
    set_address(&socket, libc::SIOCSIFNETMASK, NETMASK)?;
    up(&socket, c"eth0")
}

/// The runtime reads from there how much memory there is.
fn mount_proc() -> io::Result<()> {
    let (source, place) = (c"proc", c"/proc");
    // SAFETY: all are strings with an end, and there is no data.
    checked(unsafe { libc::mount(source.as_ptr(), place.as_ptr(), source.as_ptr(), 0, std::ptr::null()) })
}

fn load(module: &File) -> io::Result<()> {
    let no_parameters = CString::default();
    // SAFETY: the descriptor is open and the parameters are a string with an end.
    let result = unsafe { libc::syscall(libc::SYS_finit_module, module.as_raw_fd(), no_parameters.as_ptr(), 0) };
    checked(if result < 0 { -1 } else { 0 })
}

fn socket() -> io::Result<OwnedFd> {
    // SAFETY: takes no pointers.
    let descriptor = unsafe { libc::socket(libc::AF_INET, libc::SOCK_DGRAM | libc::SOCK_CLOEXEC, 0) };
    checked(descriptor.min(0))?;
    // SAFETY: it was opened just now, and nobody else has it.
    Ok(unsafe { OwnedFd::from_raw_fd(descriptor) })
}

/// netdevice(7).
fn request(name: &CStr) -> libc::ifreq {
    // SAFETY: a structure of numbers, for which zero is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(name.to_bytes()) {
        *place = byte.cast_signed();
    }
    request
}

fn set_address(socket: &OwnedFd, what: libc::Ioctl, address: Ipv4Addr) -> io::Result<()> {
    let mut request = request(c"eth0");
    let wanted = libc::sockaddr_in {
        sin_family: libc::AF_INET as libc::sa_family_t,
        sin_port: 0,
        sin_addr: libc::in_addr { s_addr: u32::from_ne_bytes(address.octets()) },
        sin_zero: [0; 8],
    };
    // SAFETY: both kinds of address have the same size, and any bytes are one.
    request.ifr_ifru.ifru_addr = unsafe { std::mem::transmute::<libc::sockaddr_in, libc::sockaddr>(wanted) };
    // SAFETY: these requests read the structure that they are given.
    checked(unsafe { libc::ioctl(socket.as_raw_fd(), what, &raw const request) })
}

fn up(socket: &OwnedFd, name: &CStr) -> io::Result<()> {
    let mut request = request(name);
    request.ifr_ifru.ifru_flags = (libc::IFF_UP | libc::IFF_RUNNING) as libc::c_short;
    // SAFETY: this request reads the structure that it is given.
    checked(unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS, &raw const request) })
}

fn checked(result: libc::c_int) -> io::Result<()> {
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}
