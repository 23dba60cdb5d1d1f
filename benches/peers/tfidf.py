"""TF-IDF of ads and their nearest neighbours by scikit-learn and scipy, on one thread."""
import json
import sys
import time
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from ranking import tell

ROWS_AT_ONCE = 500


def main():
    folder = Path(sys.argv[1])
    settings = json.loads((folder / "settings.json").read_text())
    texts = [json.loads(line) for line in (folder / "ads.ndjson").read_text().splitlines()]
    began = time.process_time()
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\b\w[\w+#]+", min_df=2, max_df=0.5,
                                 dtype=np.float32)
    vectors = vectorizer.fit_transform(texts)
    fitted = time.process_time()
    k, sample = settings["neighbours"], set(settings["sample"])
    by_column = vectors.T.tocsr()
    lists = []
    for at in range(0, vectors.shape[0], ROWS_AT_ONCE):
        products = (vectors[at:at + ROWS_AT_ONCE] @ by_column).toarray()
        rows = np.arange(products.shape[0])
        products[rows, rows + at] = -1.0
        nearest = np.argpartition(-products, k, axis=1)[:, :k]
        scores = np.take_along_axis(products, nearest, axis=1)
        order = np.argsort(-scores, axis=1, kind="stable")
        nearest = np.take_along_axis(nearest, order, axis=1)
        scores = np.take_along_axis(scores, order, axis=1)
        for row in rows:
            if int(row + at) in sample:
                lists.append((int(row + at), nearest[row].tolist(), scores[row].tolist()))
    done = time.process_time()
    tell(fit_seconds=fitted - began, neighbour_seconds=done - fitted,
         terms=len(vectorizer.vocabulary_), lists=lists,
         vectors=[dict(zip(map(str, vectors[at].indices.tolist()), vectors[at].data.tolist()))
                  for at in settings["sample"][:50]],
         names=vectorizer.get_feature_names_out().tolist())


main()
