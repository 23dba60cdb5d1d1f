"""Reads what is known and held out, and measures lists as the Rust side does."""
import json
import time
from pathlib import Path

import numpy as np
import scipy.sparse as sp

PLACES = 20
USERS_AT_ONCE = 500


class Data:
    """`known` as a sparse matrix of users and items; `held` by user."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.settings = json.loads((self.folder / "settings.json").read_text())
        shape = self.settings["users"], self.settings["items"]
        known = np.fromfile(self.folder / "known.bin", dtype="<u4").reshape(-1, 2)
        ones = np.ones(len(known), dtype=np.float32)
        self.known = sp.csr_matrix((ones, (known[:, 0], known[:, 1])), shape=shape)
        self.held = [set() for _ in range(shape[0])]
        for user, item in np.fromfile(self.folder / "held.bin", dtype="<u4").reshape(-1, 2):
            self.held[user].add(int(item))

    def measure(self, name, fit, score):
        """Prints the figures of `score(fitted, users)`, a dense row of scores for each."""
        began = time.process_time()
        fitted = fit()
        fit_seconds = time.process_time() - began
        users = np.array([user for user, items in enumerate(self.held) if items])
        recalls, gains = [], []
        for at in range(0, len(users), USERS_AT_ONCE):
            chunk = users[at:at + USERS_AT_ONCE]
            scores = np.array(score(fitted, chunk), dtype=np.float32)
            known = self.known[chunk].tocoo()
            scores[known.row, known.col] = -np.inf
            # Of equal scores the first item.
            order = np.argsort(-scores, axis=1, kind="stable")[:, :PLACES]
            for user, places in zip(chunk, order):
                recall, gain = recall_and_ndcg(places, self.held[user])
                recalls.append(recall)
                gains.append(gain)
        tell(name=name, recall=float(np.mean(recalls)), ndcg=float(np.mean(gains)),
             fit_seconds=fit_seconds)
        return fitted

    def keep_sample(self, name, scores):
        np.asarray(scores, dtype="<f4").tofile(self.folder / f"{name}.f32")


def recall_and_ndcg(places, held):
    gains = 1.0 / np.log2(np.arange(PLACES) + 2.0)
    hits = np.array([int(item) in held for item in places])
    possible = min(PLACES, len(held))
    return hits.sum() / possible, gains[hits].sum() / gains[:possible].sum()


def tell(**line):
    print(json.dumps(line), flush=True)
