//! A model as compressed bytes.
//!
//! Little-endian and in this order: format, documents and terms with their
//! document frequencies per block, per job two ids and its vector, then per job the
//! jobs that go with it. The idf is computed again from the frequencies, so it is the
//! fit's to the last bit.

use std::io::{self, Read, Write};

use chrono::{DateTime, Utc};
use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use uuid::Uuid;

use super::{
    collaborative::Neighbourhood,
    model::{Block, Model, ModelJob, Vector, Vocabulary},
};

const FORMAT: u32 = 3;
/// Longer terms are cut off by no rule of the tokens, but a broken file must not
/// ask for gigabytes.
const LONGEST_TERM: u32 = 1 << 20;

pub fn encode(model: &Model) -> io::Result<Vec<u8>> {
    let mut out = GzEncoder::new(Vec::new(), Compression::fast());
    put(&mut out, FORMAT)?;
    for block in Block::ALL {
        let vocabulary = model.vocabulary(block);
        put(&mut out, vocabulary.documents())?;
        put_length(&mut out, vocabulary.len())?;
        for (term, document_frequency) in vocabulary.terms() {
            put_length(&mut out, term.len())?;
            out.write_all(term.as_bytes())?;
            put(&mut out, document_frequency)?;
        }
    }
    put_length(&mut out, model.jobs.len())?;
    for (job, vector) in model.jobs.iter().zip(&model.vectors) {
        out.write_all(job.id.as_bytes())?;
        out.write_all(job.company_id.as_bytes())?;
        put_length(&mut out, vector.len())?;
        for (feature, weight) in vector {
            put(&mut out, *feature)?;
            out.write_all(&weight.to_le_bytes())?;
        }
    }
    put_length(&mut out, model.together.items())?;
    for job in 0..model.together.items() as u32 {
        let row = model.together.of(job);
        put_length(&mut out, row.items.len())?;
        for (other, strength) in row.iter() {
            put(&mut out, other)?;
            out.write_all(&strength.to_le_bytes())?;
        }
    }
    out.finish()
}

/// The model in `content`.
///
/// # Errors
/// When the bytes are not whole or were written by another format.
pub fn decode(version: Uuid, fitted_at: DateTime<Utc>, content: &[u8]) -> io::Result<Model> {
    let mut from = GzDecoder::new(content);
    if take(&mut from)? != FORMAT {
        return Err(invalid("another format"));
    }
    let mut vocabularies: [Vocabulary; Block::COUNT] = Default::default();
    for vocabulary in &mut vocabularies {
        let documents = take(&mut from)?;
        let mut terms = Vec::new();
        for _ in 0..take(&mut from)? {
            let length = take(&mut from)?;
            if length > LONGEST_TERM {
                return Err(invalid("a term without end"));
            }
            let mut term = vec![0; length as usize];
            from.read_exact(&mut term)?;
            let term = String::from_utf8(term).map_err(|_| invalid("a term not in UTF-8"))?;
            terms.push((term, take(&mut from)?));
        }
        *vocabulary = Vocabulary::new(terms, documents);
    }
    let mut model = Model::new(version, fitted_at, vocabularies);
    let features = model.features();
    for _ in 0..take(&mut from)? {
        let job = ModelJob {
            id: take_id(&mut from)?,
            company_id: take_id(&mut from)?,
        };
        let mut vector = Vector::new();
        for _ in 0..take(&mut from)? {
            let feature = take(&mut from)?;
            if feature as usize >= features {
                return Err(invalid("a term that no block has"));
            }
            vector.push((feature, take_weight(&mut from)?));
        }
        model.push(job, vector);
    }
    let mut together = Vec::new();
    for _ in 0..take(&mut from)? {
        let mut row = Vec::new();
        for _ in 0..take(&mut from)? {
            let other = take(&mut from)?;
            if other as usize >= model.jobs.len() {
                return Err(invalid("a job that is not there"));
            }
            row.push((other, take_weight(&mut from)?));
        }
        together.push(row);
    }
    if together.len() > model.jobs.len() {
        return Err(invalid("more jobs than there are"));
    }
    model.together = Neighbourhood::new(together);
    Ok(model)
}

fn put(out: &mut impl Write, number: u32) -> io::Result<()> {
    out.write_all(&number.to_le_bytes())
}

fn put_length(out: &mut impl Write, length: usize) -> io::Result<()> {
    put(out, u32::try_from(length).map_err(|_| invalid("too long"))?)
}

fn take(from: &mut impl Read) -> io::Result<u32> {
    let mut number = [0; 4];
    from.read_exact(&mut number)?;
    Ok(u32::from_le_bytes(number))
}

fn take_weight(from: &mut impl Read) -> io::Result<f32> {
    let mut bytes = [0; 4];
    from.read_exact(&mut bytes)?;
    Ok(f32::from_le_bytes(bytes))
}

fn take_id(from: &mut impl Read) -> io::Result<Uuid> {
    let mut id = [0; 16];
    from.read_exact(&mut id)?;
    Ok(Uuid::from_bytes(id))
}

fn invalid(what: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, what)
}
