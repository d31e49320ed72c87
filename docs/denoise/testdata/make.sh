#!/usr/bin/env bash
# Makes clean.wav, noise.wav and noisy.wav, their sum, in a folder: speech of espeak-ng
# 1.51 and pink noise of sox 14.4, 6 dB below it. noisy.wav here is half a second of that.
set -euo pipefail
cd "$1"
espeak-ng -v en-us -s 150 -w speech.wav "The quick brown fox jumps over the lazy dog. She sells sea shells by the sea shore, and nobody hears the noise behind her."
sox -R speech.wav -r 48000 -b 16 -c 1 clean.wav gain -n -6 rate -v
sox -R -n -r 48000 -b 16 -c 1 noise.wav synth "$(soxi -D clean.wav)" pinknoise gain -n -18
sox -R -m -v 1 clean.wav -v 1 noise.wav -b 16 noisy.wav
