"""RP3beta and EASE in numpy and scipy, and implicit's own, on one thread."""
import sys

import numpy as np
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares
from implicit.nearest_neighbours import BM25Recommender

from ranking import Data


def shares(matrix, alpha):
    sums = np.asarray(matrix.sum(axis=1)).ravel()
    inverse = np.divide(1.0, sums, out=np.zeros_like(sums), where=sums > 0)
    shared = (sp.diags(inverse.astype(np.float32)) @ matrix).tocsr()
    shared.data **= alpha
    return shared


def rp3beta(known, alpha, beta, neighbours):
    counts = np.asarray(known.sum(axis=0)).ravel()
    held_back = np.power(counts, -beta, out=np.zeros_like(counts), where=counts > 0)
    weights = (shares(known.T.tocsr(), alpha) @ shares(known, alpha)).toarray()
    weights *= held_back
    np.fill_diagonal(weights, 0.0)
    if neighbours < weights.shape[1]:
        weakest = np.argpartition(-weights, neighbours, axis=1)[:, neighbours:]
        np.put_along_axis(weights, weakest, 0.0, axis=1)
    return sp.csr_matrix(weights)


def ease(known, lam):
    gram = (known.T @ known).toarray()
    gram[np.diag_indices_from(gram)] += lam
    inverse = np.linalg.inv(gram)
    weights = inverse / -np.diag(inverse)
    np.fill_diagonal(weights, 0.0)
    return weights


def main():
    data = Data(sys.argv[1])
    known, settings = data.known, data.settings
    sample = np.arange(settings["sample"])
    walk = settings["rp3beta"]
    by_neighbours = lambda weights, users: (known[users] @ weights).toarray()
    walked = data.measure("RP3beta, scipy", lambda: rp3beta(known, **walk), by_neighbours)
    data.keep_sample("rp3beta", by_neighbours(walked, sample))
    if settings["ease"] is not None:
        by_weights = lambda weights, users: known[users] @ weights
        fitted = data.measure("EASE, numpy", lambda: ease(known, settings["ease"]), by_weights)
        data.keep_sample("ease", by_weights(fitted, sample))

    def knn():
        model = BM25Recommender(K=settings["bm25"]["neighbours"], K1=settings["bm25"]["k1"],
                                B=settings["bm25"]["b"], num_threads=1)
        model.fit(known, show_progress=False)
        return model.similarity

    data.measure("item kNN BM25, implicit", knn, by_neighbours)
    for factors, regularization, alpha in settings["als"]:
        def als():
            model = AlternatingLeastSquares(factors=factors, regularization=regularization,
                                            alpha=alpha, iterations=15, num_threads=1,
                                            random_state=1)
            model.fit(known, show_progress=False)
            return model

        data.measure(f"iALS {factors} factors, regularization {regularization}, alpha {alpha}, implicit",
                     als, lambda model, users: model.user_factors[users] @ model.item_factors.T)


main()
