"""`gradcalc schema`: the JSON Schema of problem files, for editors."""

from __future__ import annotations

import click

from gradcalc.cli import output


@click.command("schema")
@click.option("-o", "--output", "file", type=click.Path(), help="Write it to FILE.")
def command(file: str | None) -> int:
    """Print the JSON Schema of problem files: editors complete and check with it.

    \b
    Examples:
      gradcalc schema -o problem.schema.json

    With the YAML extension of VS Code, or any editor that runs yaml-language-server, the
    first line of a problem file names it:

    \b
      # yaml-language-server: $schema=problem.schema.json
    """
    from gradcalc.problem.authoring.json_schema import text

    if file is None:
        output.write_text(text())
        return 0
    from pathlib import Path

    from gradcalc.cli.output import write_file

    write_file(Path(file), text())
    return 0
