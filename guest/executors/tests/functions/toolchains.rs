//! Modules as compilers make them.
