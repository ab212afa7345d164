"""`python -m kinebench` is the command `kinebench`."""

from kinebench.cli import main

main()
