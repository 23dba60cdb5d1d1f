"""Writes shared/src/recommendations/fixtures/tfidf.json: made-up ads, the weights that
scikit-learn's TfidfVectorizer gives their terms, and those of ads that came after the fit."""
import json
import random
import sys

from sklearn.feature_extraction.text import TfidfVectorizer

ROLES = ["Nurse", "Senior C++ Developer", "C# Engineer", "Data Analyst", "Bäcker/in (m/w/d)",
         "Développeur Python", "Warehouse Clerk", "Line Cook", "UX-Designer", "Site Reliability Engineer",
         "Straßenbauer", "Инженер", "Μηχανικός", "軟體工程師", "Teacher (K-12)", "F# & .NET dev"]
PLACES = ["Berlin", "New York, NY", "São Paulo", "Köln", "Remote", "Zürich", "Łódź", "St. John's"]
SKILLS = ["SQL", "SQL", "Rust", "Python 3", "C++20", "k8s", "wound care", "Excel", "node.js", "CI/CD",
          "forklift", "patience", "O'Reilly books", "snake_case", "R&D", "A/B-tests", "Objective-C"]
SENTENCES = [
    "We look for a {role} in {place}", "You know {skill} and {skill}", "{skill}, {skill}; also {skill}!",
    "Pay: {number} EUR - {number} EUR a year", "The team of {number} works in {place}",
    "You will build, test and run what {number} people use", "No {skill} needed, {skill} is a plus",
    "THE {role} REPORTS TO THE HEAD", "Start: 0{number}/2027, {number}% on site", "¿Hablas español? ½ day a week",
    "Wir suchen ab sofort: {role}", "Vous aimez {skill} et l'équipe", "e-mail us — or call +{number}",
]


def text(draw):
    sentences = []
    for _ in range(draw.randint(1, 6)):
        sentence = draw.choice(SENTENCES)
        for name, values in (("{role}", ROLES), ("{place}", PLACES), ("{skill}", SKILLS)):
            while name in sentence:
                sentence = sentence.replace(name, draw.choice(values), 1)
        while "{number}" in sentence:
            sentence = sentence.replace("{number}", str(draw.randint(1, 99)), 1)
        sentences.append(sentence)
    return ". ".join(sentences) + "."


def main():
    draw = random.Random(7)
    texts, later = [text(draw) for _ in range(200)], [text(draw) for _ in range(10)]
    texts[17] = ""
    later[3] = "nothing-known zzz"
    vectorizer = TfidfVectorizer(token_pattern=r"(?u)\b\w[\w+#]+", min_df=2, max_df=0.5)
    fitted, transformed = vectorizer.fit_transform(texts), vectorizer.transform(later)
    names = vectorizer.get_feature_names_out()

    def rows(matrix):
        for row in matrix.tocsr():
            yield {names[at]: round(float(weight), 9) for at, weight in zip(row.indices, row.data)}

    def ads(some, matrix):
        lines = (json.dumps({"text": text, "weights": weights}, ensure_ascii=False, sort_keys=True)
                 for text, weights in zip(some, rows(matrix)))
        return "[\n" + ",\n".join(lines) + "\n]"

    with open(sys.argv[1], "w", encoding="utf-8") as file:
        file.write(f'{{"fitted": {ads(texts, fitted)},\n"later": {ads(later, transformed)}}}\n')


main()
