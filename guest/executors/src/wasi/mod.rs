//! WASI preview 1 without files and sockets: what a module compiled for it finds of a system.
//!
//! There are arguments, an environment, clocks, random bytes, three streams and an exit. Whatever else preview 1 has is
//! there to be imported, since ordinary modules import it whether they use it or not, and answers with an error number:
//! that there is no such descriptor, or no such function.
//!
//! It knows no engine: a function acts on the bytes of linear memory and on the call's state (`calls`), and an engine's
//! glue hands it both. Signatures and error numbers are those of `wasi_snapshot_preview1`.

mod calls;
mod errno;
mod guest;
mod poll;
mod program;

pub(crate) use calls::call;
pub(crate) use errno::Errno;
pub(crate) use program::Program;

/// The module that programs import from.
pub(crate) const WASI_MODULE: &str = "wasi_snapshot_preview1";

/// Most parameters of a function.
pub(crate) const MOST_PARAMETERS: usize = 9;

/// Why a call ends within a function of WASI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// `proc_exit`, with the program's exit code.
    Exit(u32),
    /// There is more output than the result may have bytes.
    OutputLimit,
    /// The call's time is over, or it was abandoned.
    Interrupted,
}

/// What a function does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    ArgsGet,
    ArgsSizesGet,
    EnvironGet,
    EnvironSizesGet,
    ClockResGet,
    ClockTimeGet,
    FdClose,
    FdFdstatGet,
    FdFilestatGet,
    FdRead,
    FdWrite,
    /// For functions that only streams without positions are given to.
    FdPosition,
    PollOneoff,
    ProcExit,
    RandomGet,
    SchedYield,
    /// Nothing but an error number.
    Refuse(Errno),
}

/// A function that may be imported.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Function {
    pub(crate) name: &'static str,
    /// Its parameters: `i` for each i32, `I` for each i64. The result is an i32, but `proc_exit` has none.
    pub(crate) parameters: &'static str,
    pub(crate) action: Action,
}

impl Function {
    pub(crate) fn has_result(&self) -> bool {
        self.action != Action::ProcExit
    }
}

/// No such descriptor: all of files and folders.
const NO_FILE: Action = Action::Refuse(Errno::BadDescriptor);
/// No such function.
const NOT_HERE: Action = Action::Refuse(Errno::NoSystemCall);

const fn function(name: &'static str, parameters: &'static str, action: Action) -> Function {
    Function { name, parameters, action }
}

/// All of preview 1.
const FUNCTIONS: [Function; 46] = [
    function("args_get", "ii", Action::ArgsGet),
    function("args_sizes_get", "ii", Action::ArgsSizesGet),
    function("environ_get", "ii", Action::EnvironGet),
    function("environ_sizes_get", "ii", Action::EnvironSizesGet),
    function("clock_res_get", "ii", Action::ClockResGet),
    function("clock_time_get", "iIi", Action::ClockTimeGet),
    function("fd_advise", "iIIi", Action::FdPosition),
    function("fd_allocate", "iII", NO_FILE),
    function("fd_close", "i", Action::FdClose),
    function("fd_datasync", "i", Action::FdClose),
    function("fd_fdstat_get", "ii", Action::FdFdstatGet),
    function("fd_fdstat_set_flags", "ii", Action::FdClose),
    function("fd_fdstat_set_rights", "iII", Action::FdClose),
    function("fd_filestat_get", "ii", Action::FdFilestatGet),
    function("fd_filestat_set_size", "iI", NO_FILE),
    function("fd_filestat_set_times", "iIIi", NO_FILE),
    function("fd_pread", "iiiIi", Action::FdPosition),
    function("fd_prestat_get", "ii", NO_FILE),
    function("fd_prestat_dir_name", "iii", NO_FILE),
    function("fd_pwrite", "iiiIi", Action::FdPosition),
    function("fd_read", "iiii", Action::FdRead),
    function("fd_readdir", "iiiIi", NO_FILE),
    function("fd_renumber", "ii", NO_FILE),
    function("fd_seek", "iIii", Action::FdPosition),
    function("fd_sync", "i", Action::FdClose),
    function("fd_tell", "ii", Action::FdPosition),
    function("fd_write", "iiii", Action::FdWrite),
    function("path_create_directory", "iii", NO_FILE),
    function("path_filestat_get", "iiiii", NO_FILE),
    function("path_filestat_set_times", "iiiiIIi", NO_FILE),
    function("path_link", "iiiiiii", NO_FILE),
    function("path_open", "iiiiiIIii", NO_FILE),
    function("path_readlink", "iiiiii", NO_FILE),
    function("path_remove_directory", "iii", NO_FILE),
    function("path_rename", "iiiiii", NO_FILE),
    function("path_symlink", "iiiii", NO_FILE),
    function("path_unlink_file", "iii", NO_FILE),
    function("poll_oneoff", "iiii", Action::PollOneoff),
    function("proc_exit", "i", Action::ProcExit),
    function("proc_raise", "i", NOT_HERE),
    function("random_get", "ii", Action::RandomGet),
    function("sched_yield", "", Action::SchedYield),
    function("sock_accept", "iii", NOT_HERE),
    function("sock_recv", "iiiiii", NOT_HERE),
    function("sock_send", "iiiii", NOT_HERE),
    function("sock_shutdown", "ii", NOT_HERE),
];

/// The function of this name.
pub(crate) fn find(name: &str) -> Option<&'static Function> {
    FUNCTIONS.iter().find(|function| function.name == name)
}

#[cfg(test)]
mod tests {
    use super::{FUNCTIONS, MOST_PARAMETERS, find};

    #[test]
    fn each_function_is_there_once_with_parameters_that_there_are() {
        for (index, function) in FUNCTIONS.iter().enumerate() {
            assert!(FUNCTIONS[..index].iter().all(|before| before.name != function.name), "{}", function.name);
            assert!(function.parameters.len() <= MOST_PARAMETERS);
            assert!(function.parameters.bytes().all(|letter| matches!(letter, b'i' | b'I')));
            assert_eq!(find(function.name).unwrap().parameters, function.parameters);
        }
        assert!(find("fd_opendir").is_none());
    }
}
