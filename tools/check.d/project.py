"""The files of the checkout, and what a check reports about them."""
import os
import pathlib
import subprocess
from dataclasses import dataclass

LEFT_OUT = {'.git', 'node_modules', 'subprojects', '__pycache__'}


@dataclass(frozen=True)
class Finding:
    file: str
    line: int
    text: str

    def __str__(self):
        return f'{self.file}:{self.line}: {self.text}'


class Project:
    def __init__(self, root):
        self.root = pathlib.Path(root)
        self.build = pathlib.Path(os.environ.get('RTC_BUILD') or self.root / 'build')

    def files(self, *suffixes):
        """Paths relative to the root, of what git tracks or would track; all files where git is absent."""
        listed = subprocess.run(['git', '-C', str(self.root), 'ls-files', '-co', '--exclude-standard', '-z'],
                                capture_output=True, text=True)
        if listed.returncode == 0:
            names = listed.stdout.split('\0')
        else:
            names = [str(path.relative_to(self.root)) for path in self.root.rglob('*')]
        found = []
        for name in names:
            parts = pathlib.PurePath(name).parts
            left_out = any(part in LEFT_OUT or (i == 0 and part.startswith('build')) for i, part in enumerate(parts))
            if name and name.endswith(suffixes) and not left_out and (self.root / name).is_file():
                found.append(name)
        return sorted(set(found))

    def lines(self, name):
        return (self.root / name).read_text(encoding='utf-8', errors='replace').splitlines()
