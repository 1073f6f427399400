"""Write the references of the methods paragraph as BibTeX."""

from __future__ import annotations

import re

from roomread._version import __version__


def bibtex(text: str) -> str:
    """Return the references that the paragraphs of `roomread.services.methods` cite, as BibTeX."""
    entries = _BIBTEX.format(version=__version__).strip().split("\n\n")
    cited = set(re.findall(r"\\cite\{(\w+)\}", text))
    used = [entry for entry in entries if entry.partition("{")[2].partition(",")[0] in cited]
    return "\n\n".join(used) + "\n"


_BIBTEX = """@software{{roomread,
  author = {{{{The Roomread authors}}}},
  title = {{Roomread: reading the facial expressions in a room}},
  version = {{{version}}},
  year = {{2026}},
  license = {{Apache-2.0}}
}}

@article{{xu2020centerface,
  author = {{Xu, Yuanyuan and Yan, Wan and Yang, Genke and Luo, Jiliang and Li, Tao and
    He, Jianan}},
  title = {{CenterFace: Joint Face Detection and Alignment Using Face as Point}},
  journal = {{Scientific Programming}},
  year = {{2020}},
  doi = {{10.1155/2020/7845384}}
}}

@inproceedings{{viola2001rapid,
  author = {{Viola, Paul and Jones, Michael}},
  title = {{Rapid Object Detection using a Boosted Cascade of Simple Features}},
  booktitle = {{IEEE Conference on Computer Vision and Pattern Recognition}},
  year = {{2001}},
  doi = {{10.1109/CVPR.2001.990517}}
}}

@inproceedings{{goodfellow2013challenges,
  author = {{Goodfellow, Ian J. and others}},
  title = {{Challenges in Representation Learning: A Report on Three Machine Learning Contests}},
  booktitle = {{International Conference on Neural Information Processing}},
  year = {{2013}}
}}

@inproceedings{{barsoum2016training,
  author = {{Barsoum, Emad and Zhang, Cha and Canton Ferrer, Cristian and Zhang, Zhengyou}},
  title = {{Training Deep Networks for Facial Expression Recognition with Crowd-Sourced Label
    Distribution}},
  booktitle = {{ACM International Conference on Multimodal Interaction}},
  year = {{2016}}
}}

@inproceedings{{guo2017calibration,
  author = {{Guo, Chuan and Pleiss, Geoff and Sun, Yu and Weinberger, Kilian Q.}},
  title = {{On Calibration of Modern Neural Networks}},
  booktitle = {{International Conference on Machine Learning}},
  year = {{2017}}
}}
"""
