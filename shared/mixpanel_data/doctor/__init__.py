"""The checks of an installation: what is so, and what corrects what is wrong. They write nothing."""
