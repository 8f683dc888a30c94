//! Which of the runners is to take the next job: one whose processor has the least to do.
//!
//! A thread stays on its processor (the kernel's way): the n-th runner is on processor n + 1, counted round the machine's, unless
//! other threads were started in between; then the choice is as good as any.
//! Two long functions must not end up on one processor while another has nothing to do. Who waits for what, and the jobs
//! themselves, are not known here.

/// What a runner does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Busy,
    Idle,
    /// It was told of a job and has not woken yet.
    Told,
}

/// The runners, by number.
#[derive(Debug)]
pub(crate) struct Crew {
    runners: Vec<State>,
    processors: usize,
}

impl Crew {
    /// Nobody yet, on a machine of so many processors.
    pub(crate) fn new(processors: usize) -> Self {
        Self { runners: Vec::new(), processors: processors.max(1) }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.runners.len()
    }

    /// One more, who is busy with looking for the first job.
    pub(crate) fn add(&mut self) {
        self.runners.push(State::Busy);
    }

    /// How many are free: those who were told of a job count, as long as the job is there.
    pub(crate) fn free(&self) -> usize {
        self.runners.iter().filter(|state| **state != State::Busy).count()
    }

    /// A runner has nothing to do.
    pub(crate) fn rests(&mut self, runner: usize) {
        self.set(runner, State::Idle);
    }

    /// A runner has woken.
    pub(crate) fn wakes(&mut self, runner: usize) {
        self.set(runner, State::Busy);
    }

    fn set(&mut self, runner: usize, state: State) {
        if let Some(place) = self.runners.get_mut(runner) {
            *place = state;
        }
    }

    /// Who is to be told of a job; nobody when all who are free were told already.
    pub(crate) fn choose(&mut self) -> Option<usize> {
        let idle = (0..self.runners.len()).filter(|runner| self.runners[*runner] == State::Idle);
        let chosen = idle.min_by_key(|runner| self.load(*runner))?;
        self.set(chosen, State::Told);
        Some(chosen)
    }

    /// How many have something to do on a runner's processor.
    fn load(&self, runner: usize) -> usize {
        let beside = self.runners.iter().skip(runner % self.processors).step_by(self.processors);
        beside.filter(|state| **state != State::Idle).count()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crew(runners: usize, processors: usize) -> Crew {
        let mut crew = Crew::new(processors);
        for runner in 0..runners {
            crew.add();
            crew.rests(runner);
        }
        crew
    }

    #[test]
    fn two_jobs_go_to_two_processors_whoever_was_free_first() {
        let mut crew = crew(4, 2);
        assert_eq!([crew.choose(), crew.choose()], [Some(0), Some(1)]);
        crew.wakes(0);
        crew.wakes(1);
        // The first is done, so its processor is the free one.
        crew.rests(0);
        assert_eq!(crew.choose(), Some(0));
        crew.rests(1);
        crew.wakes(0);
        assert_eq!(crew.choose(), Some(1), "not the third, who shares the first one's processor");
    }

    #[test]
    fn who_was_told_is_not_told_again_and_counts_as_free() {
        let mut crew = crew(2, 1);
        assert_eq!([crew.choose(), crew.choose(), crew.choose()], [Some(0), Some(1), None]);
        assert_eq!((crew.free(), crew.len()), (2, 2));
        crew.wakes(0);
        assert_eq!(crew.free(), 1);
    }

    #[test]
    fn nobody_is_chosen_of_nobody() {
        assert_eq!(Crew::new(0).choose(), None);
    }
}
