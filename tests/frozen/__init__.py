"""Everything that the program says, kept as bytes and compared after a refactoring.

    python -m tests.frozen keep /tmp/kept --jobs 2       before: run every row, keep its bytes
    python -m tests.frozen compare /tmp/kept --jobs 2    after: run all again, show what differs
    python -m tests.frozen list                          the names of the runs

`--only 'solve/*'` takes some of the runs, by their names. `compare` shows each difference as a
short unified diff, then how many there are; it ends with 1 where anything differs, and where a
run is missing or new. The folder is no part of the repository.

What is kept. `DIR/inputs` holds the files that the runs read: the shipped problems, fixtures of
the tests, and answers and classes that are made from the program's own solutions. `compare` takes
them from there, so that only the program can be the reason of a difference: to hold another
state of the inputs, keep again. `DIR/runs/<name>.txt` holds what one run gave: its call, its
exit code, standard output, standard error and each file that it has written, byte by byte.

What is run. `table.runs` lists the rows; a row is a `Run`. They run many to a process, each in a
folder with the inputs, with nothing of the caller's environment that could be seen in a page. The
order of the rows and the seed of hashes are drawn anew in every call: nothing may depend on them.

The program is reached by `gradcalc.cli.run` and the public names of `gradcalc` only, so that this
package also runs on an older or a newer state of the program: copy `tests/frozen` there.
"""
