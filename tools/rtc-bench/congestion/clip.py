"""The pictures that are sent, the same ones by every sender: a moving zone plate that ends as it begins.

As VP8 at 1280x720 it takes 0.4 Mbit/s as coarse as possible and over 2.4 Mbit/s well encoded, so that the link decides
the rate. They lie uncompressed in the memory of the laboratory.
"""
import subprocess

from laboratory.enclosure import FOLDER

FRAMES = 64  # one period of the pattern
RATE = 30


def caps(scenario):
    return f'video/x-raw,format=I420,width={scenario.width},height={scenario.height},framerate={RATE}/1'


def make(scenario):
    """(file for Chromium's fake camera, launch fragment for rtcsink)"""
    folder = FOLDER / f'clip-{scenario.width}'
    movie = folder / 'clip.y4m'
    if not movie.exists():
        folder.mkdir()
        subprocess.run(['gst-launch-1.0', '-q', *f'''videotestsrc num-buffers={FRAMES} pattern=zone-plate kx2=8 ky2=8 kt=4
            ! {caps(scenario)} ! tee name=t  t. ! queue ! y4menc ! filesink location={movie}
            t. ! queue ! multifilesink location={folder}/%02d.i420'''.split()], check=True, stdout=subprocess.DEVNULL)
    source = (f'multifilesrc location={folder}/%02d.i420 stop-index={FRAMES - 1} loop=true ! rawvideoparse format=i420 '
              f'width={scenario.width} height={scenario.height} framerate={RATE}/1 ! identity sync=true')
    return movie, source
