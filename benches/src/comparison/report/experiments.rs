//! What each experiment is, in words: its title, what its figures are, which way is good.

/// An experiment as the report presents it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Presented {
    /// Its name in the data.
    pub(super) name: &'static str,
    /// Its title.
    pub(super) title: &'static str,
    /// What its figures are, in a sentence or two, and which way is good.
    pub(super) explanation: &'static str,
}

/// All experiments that the report knows, in its order. Others are shown after them, as tables.
pub(super) const EXPERIMENTS: &[Presented] = &[
    Presented {
        name: "cold_start",
        title: "Start",
        explanation: "From asking for an instance to its first right answer, one start at a time, all contenders in turns. \
                      Less is better.",
    },
    Presented {
        name: "size",
        title: "Size",
        explanation: "What has to be shipped and kept: the image or kernel and initramfs of each contender. Less is better, \
                      to send and to audit.",
    },
    Presented {
        name: "alloc",
        title: "Memory",
        explanation: "Memory (PSS) of everything that exists because of idle instances, by their number. Less is better; \
                      the slope is what each further instance costs.",
    },
    Presented {
        name: "burst",
        title: "Burst",
        explanation: "Many starts asked for at once: how long until each, and until all, have answered. Less is better.",
    },
    Presented {
        name: "serving",
        title: "Serving",
        explanation: "A closed loop of clients on kept-alive connections to one instance: calls per second (more is better) \
                      and how long each takes (less is better).",
    },
    Presented {
        name: "cpu",
        title: "Compute",
        explanation: "Functions that compute, as each contender runs them. Less is better. What Skerry and its Linux builds \
                      differ in is the machine below them; FastAPI runs CPython.",
    },
    Presented {
        name: "isolation",
        title: "Isolation surface",
        explanation: "What an escape from an instance would meet: system calls that the host's kernel sees and allows, open \
                      files, capabilities, processes. Less is less to attack; it is no proof of safety.",
    },
    Presented {
        name: "idle_instructions",
        title: "Idling",
        explanation: "What an instance costs while nobody asks anything of it. Less is better.",
    },
    Presented {
        name: "energy",
        title: "Energy",
        explanation: "Joules where the processor reports them, else processor seconds, which energy roughly follows. Less is \
                      better.",
    },
];
