"""scikit-learn's TF-IDF of titles and places against what users viewed."""
import json
import sys

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer

from ranking import Data

WORDS = r"(?u)\b\w[\w+#]+"


def main():
    data = Data(sys.argv[1])
    jobs = [json.loads(line) for line in (data.folder / "jobs.ndjson").read_text().splitlines()]

    def fit(fields):
        blocks = []
        for field, weight, ngrams in fields:
            vectorizer = TfidfVectorizer(token_pattern=WORDS, ngram_range=(1, ngrams))
            vectors = vectorizer.fit_transform([job[field] for job in jobs])
            blocks.append(vectors * np.sqrt(weight))
        return sp.hstack(blocks).tocsr()

    score = lambda vectors, users: ((data.known[users] @ vectors) @ vectors.T).toarray()
    data.measure("TF-IDF of titles, scikit-learn", lambda: fit([("title", 1, 1)]), score)
    data.measure("TF-IDF of title 1, location 2, company .3, scikit-learn",
                 lambda: fit([("title", 1, 1), ("location", 2, 2), ("company", 0.3, 1)]), score)


main()
