"""tools/check finds what it is there for, in a checkout made for each case."""
import pathlib
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / 'tools' / 'check.d'))

import check_includes  # noqa: E402
import check_pipelines  # noqa: E402
import check_readme  # noqa: E402
import check_sizes  # noqa: E402
from project import Project  # noqa: E402

INSPECT = '''Factory Details:
  Rank                     none (0)

GObject
 +----GInitiallyUnowned
       +----GstObject
             +----GstElement
                   +----GstBin
                         +----GstRtcSink

Element Properties:
  async-handling      : The bin will handle Asynchronous state changes
                        flags: readable, writable
                        Boolean. Default: false
  linger              : How long an encoder goes on
                        flags: readable, writable, changeable only in NULL or READY state
                        Unsigned Integer. Range: 0 - 3600000 Default: 5000 
  name                : The name of the object
                        flags: readable, writable
                        String. Default: "rtcsink0"
  on-end              : What happens at the end
                        flags: readable, writable
                        Enum "GstRtcSrcOnEnd" Default: 0, "eos"
                           (0): eos              - EOS on every pad
  stats               : Statistics
                        flags: readable
                        Boxed pointer of type "GstStructure"

  token               : Secret
                        flags: writable
                        String. Default: null Write only
  video-codecs        : Codecs
                        flags: readable, writable
                        String. Default: "VP8,H264"

Element Signals:
  "viewer-added" :  void user_function (GstElement* object)
'''

TABLE = '''# gst-rtc
### rtcsink

| property | type | default | meaning |
|---|---|---|---|
| `linger` | uint | 5000 | ms an encoder goes on |
| `on-end` | enum | eos | what happens at the end |
| `stats` | structure | read-only | statistics |
| `token` | string | null | secret |
| `video-codecs` | string | VP8,H264 | codecs |
'''


SIGNALS = '''
Element Signals:
  "pad-added" :  void user_function (GstElement* object,
                                     GstPad* arg0,
                                     gpointer user_data);
  "viewer-added" :  void user_function (GstElement* object,
                                        gpointer user_data);

Element Actions:
  "pause-viewer" :  gboolean user_function (GstElement* object,
                                            gchararray arg0);
'''
SIGNAL_TABLE = '''
| signal | meaning |
|---|---|
| `viewer-added (session)` | somebody watches |
| `pause-viewer (session) -> boolean` | action |
'''


class Checkout(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)

    def findings(self, part, **files):
        for name, text in files.items():
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return [str(finding) for finding in part.findings(Project(self.root))]


class Includes(Checkout):
    ORDER = "common_sources = []\nsubdir('base')\nsubdir('net')\nsubdir('media')\n"

    def check(self, **files):
        return self.findings(check_includes, **{'plugins/common/meson.build': self.ORDER, **files})

    def test_upwards_is_fine(self):
        self.assertEqual(self.check(**{'plugins/common/media/a.cpp': '#include "net/b.hpp"\n#include "media/c.hpp"\n'}), [])

    def test_downwards_is_found(self):
        found = self.check(**{'plugins/common/net/a.cpp': '\n#include "media/b.hpp"\n'})
        self.assertEqual(len(found), 1)
        self.assertTrue(found[0].startswith('plugins/common/net/a.cpp:2: '))

    def test_plugin_types_and_glue_are_found_in_common(self):
        self.assertEqual(len(self.check(**{'plugins/common/net/a.cpp': '#include "rtc/gstrtcsink.hpp"\n'})), 1)
        self.assertEqual(len(self.check(**{'plugins/common/net/b.cpp': 'G_DEFINE_TYPE(A, a, G_TYPE_OBJECT)\n'})), 2)
        self.assertEqual(len(self.check(**{'tools/x/gstthing.cpp': ''})), 3)


class Sizes(Checkout):
    def test_limit(self):
        found = self.findings(check_sizes, **{'a.cpp': 'x\n' * 400, 'b.cpp': 'x\n' * 401})
        self.assertEqual([line.split(':')[0] for line in found], ['b.cpp'])


class Pipelines(Checkout):
    def test_listed_tested_and_described(self):
        good = {'pipelines/README.md': '[a.sh](a.sh)', 'pipelines/a.sh': '# You must see: it\n',
                'tests/pipelines/meson.build': "['a', 1]"}
        self.assertEqual(self.findings(check_pipelines, **good), [])
        self.assertEqual(len(self.findings(check_pipelines, **{'pipelines/b.sh': '#\n'})), 3)


class Readme(unittest.TestCase):
    def setUp(self):
        self.built = {'rtcsink': (check_readme.parse_properties(INSPECT), check_readme.parse_signals(SIGNALS))}

    def compare(self, table):
        return list(check_readme.compare(self.built, table.splitlines()))

    def test_reads_types_and_defaults(self):
        self.assertEqual(self.built['rtcsink'][0], {
            'linger': ('uint', '5000'), 'on-end': ('enum', 'eos'), 'stats': ('structure', 'read-only'),
            'token': ('string', 'null'), 'video-codecs': ('string', 'VP8,H264')})

    def test_agreement(self):
        self.assertEqual(self.compare(TABLE + SIGNAL_TABLE), [])

    def test_differences_are_found_with_their_line(self):
        self.assertEqual([line for line, _ in self.compare(TABLE.replace('5000', '4000') + SIGNAL_TABLE)], [6])
        self.assertEqual([line for line, _ in self.compare(TABLE.replace('| uint |', '| int |') + SIGNAL_TABLE)], [6])
        self.assertEqual([line for line, _ in self.compare(TABLE.replace('`linger`', '`lingers`') + SIGNAL_TABLE)], [2, 6])
        self.assertEqual(len(self.compare('# gst-rtc\n')), 1)
        self.assertEqual(len(self.compare(TABLE + SIGNAL_TABLE + '\n### rtcgone\n\n| property | default | meaning |\n|---|---|---|\n| `a` | 1 | b |\n')), 1)

    def test_signals_are_compared(self):
        self.assertEqual(self.built['rtcsink'][1], {'viewer-added', 'pause-viewer'})
        found = self.compare(TABLE + SIGNAL_TABLE.replace('viewer-added', 'viewer-gone'))
        self.assertEqual([text for _, text in found], ['rtcsink: no row for the signal `viewer-added`', 'rtcsink has no signal `viewer-gone`'])


if __name__ == '__main__':
    unittest.main()
