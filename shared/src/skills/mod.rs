//! Skills that jobs ask for and freelancers have.
