//! The inverse of a symmetric positive definite matrix.
//!
//! Divided in halves down to small blocks, so that nearly all of the work is products
//! of large matrices, which ndarray computes block by block in registers and caches.
//! n^3 multiplications and additions all told, where an inverse by Gauss takes 8/3 n^3.

use ndarray::{Array2, ArrayView2, ArrayViewMut2, Axis, linalg::general_mat_mul};

/// Up to here a block is factored number by number.
const LEAF: usize = 48;
/// Up to here a triangle is multiplied as a square.
const TRIANGLE_LEAF: usize = 128;

/// A matrix that is not positive definite, or too close to it for 32 bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the matrix is not positive definite")]
pub struct NotPositiveDefinite;

/// Puts the inverse in place of `matrix`, of which only the lower triangle is read. Both
/// triangles of the result are filled.
pub(super) fn invert(matrix: &mut Array2<f32>) -> Result<(), NotPositiveDefinite> {
    invert_factor(matrix.view_mut())?;
    multiply_with_own_transpose(matrix.view_mut());
    mirror(matrix);
    Ok(())
}

/// For `A = L L'` puts the inverse of `L` in place of the lower triangle of `A`; above the
/// diagonal anything may be left.
fn invert_factor(matrix: ArrayViewMut2<'_, f32>) -> Result<(), NotPositiveDefinite> {
    let size = matrix.nrows();
    if size <= LEAF {
        return invert_small_factor(matrix);
    }
    let Quarters {
        mut first,
        mut below,
        mut last,
    } = quarters(matrix);
    invert_factor(first.view_mut())?;
    right_transposed(below.view_mut(), first.view());
    subtract_square(last.view_mut(), below.view());
    invert_factor(last.view_mut())?;
    left(last.view(), below.view_mut());
    right(below.view_mut(), first.view());
    below.mapv_inplace(|value| -value);
    Ok(())
}

fn invert_small_factor(mut matrix: ArrayViewMut2<'_, f32>) -> Result<(), NotPositiveDefinite> {
    let size = matrix.nrows();
    let mut factor = [[0.0_f64; LEAF]; LEAF];
    for row in 0..size {
        for column in 0..=row {
            let (of_row, of_column) = (&factor[row], &factor[column]);
            let known: f64 = (0..column).map(|at| of_row[at] * of_column[at]).sum();
            let rest = f64::from(matrix[(row, column)]) - known;
            factor[row][column] = if row > column {
                rest / factor[column][column]
            } else if rest > 0.0 && rest.is_finite() {
                rest.sqrt()
            } else {
                return Err(NotPositiveDefinite);
            };
        }
    }
    let mut inverse = [[0.0_f64; LEAF]; LEAF];
    for column in 0..size {
        inverse[column][column] = 1.0 / factor[column][column];
        for row in column + 1..size {
            let known: f64 = (column..row)
                .map(|at| factor[row][at] * inverse[at][column])
                .sum();
            inverse[row][column] = -known / factor[row][row];
        }
    }
    for row in 0..size {
        for column in 0..size {
            matrix[(row, column)] = inverse[row][column] as f32;
        }
    }
    Ok(())
}

/// Puts the lower triangle of `W' W` in place of that of the lower triangular `W`.
fn multiply_with_own_transpose(matrix: ArrayViewMut2<'_, f32>) {
    if matrix.nrows() <= TRIANGLE_LEAF {
        let mut matrix = matrix;
        let own = triangle(matrix.view());
        general_mat_mul(1.0, &own.t(), &own, 0.0, &mut matrix);
        return;
    }
    let Quarters {
        mut first,
        mut below,
        last,
    } = quarters(matrix);
    multiply_with_own_transpose(first.view_mut());
    add_square_of_transpose(first, below.view());
    left_transposed(last.view(), below.view_mut());
    multiply_with_own_transpose(last);
}

/// `B := W B` for a lower triangular `W`.
fn left(triangular: ArrayView2<'_, f32>, mut target: ArrayViewMut2<'_, f32>) {
    if triangular.nrows() <= TRIANGLE_LEAF {
        let before = target.to_owned();
        return general_mat_mul(1.0, &triangle(triangular), &before, 0.0, &mut target);
    }
    let [first, below, last] = parts(triangular);
    let (mut upper, mut lower) = target.split_at(Axis(0), first.nrows());
    left(last, lower.view_mut());
    general_mat_mul(1.0, &below, &upper, 1.0, &mut lower);
    left(first, upper.view_mut());
}

/// `B := W' B` for a lower triangular `W`.
fn left_transposed(triangular: ArrayView2<'_, f32>, mut target: ArrayViewMut2<'_, f32>) {
    if triangular.nrows() <= TRIANGLE_LEAF {
        let before = target.to_owned();
        return general_mat_mul(1.0, &triangle(triangular).t(), &before, 0.0, &mut target);
    }
    let [first, below, last] = parts(triangular);
    let (mut upper, mut lower) = target.split_at(Axis(0), first.nrows());
    left_transposed(first, upper.view_mut());
    general_mat_mul(1.0, &below.t(), &lower, 1.0, &mut upper);
    left_transposed(last, lower.view_mut());
}

/// `B := B W` for a lower triangular `W`.
fn right(mut target: ArrayViewMut2<'_, f32>, triangular: ArrayView2<'_, f32>) {
    if triangular.nrows() <= TRIANGLE_LEAF {
        let before = target.to_owned();
        return general_mat_mul(1.0, &before, &triangle(triangular), 0.0, &mut target);
    }
    let [first, below, last] = parts(triangular);
    let (mut one, mut other) = target.split_at(Axis(1), first.nrows());
    right(one.view_mut(), first);
    general_mat_mul(1.0, &other, &below, 1.0, &mut one);
    right(other.view_mut(), last);
}

/// `B := B W'` for a lower triangular `W`.
fn right_transposed(mut target: ArrayViewMut2<'_, f32>, triangular: ArrayView2<'_, f32>) {
    if triangular.nrows() <= TRIANGLE_LEAF {
        let before = target.to_owned();
        return general_mat_mul(1.0, &before, &triangle(triangular).t(), 0.0, &mut target);
    }
    let [first, below, last] = parts(triangular);
    let (mut one, mut other) = target.split_at(Axis(1), first.nrows());
    right_transposed(other.view_mut(), last);
    general_mat_mul(1.0, &one, &below.t(), 1.0, &mut other);
    right_transposed(one.view_mut(), first);
}

/// `C := C - F F'`, of `C` the lower triangle.
fn subtract_square(target: ArrayViewMut2<'_, f32>, factor: ArrayView2<'_, f32>) {
    add_product(-1.0, target, factor);
}

/// `C := C + F' F`, of `C` the lower triangle.
fn add_square_of_transpose(target: ArrayViewMut2<'_, f32>, factor: ArrayView2<'_, f32>) {
    add_product(1.0, target, factor.reversed_axes());
}

fn add_product(sign: f32, mut target: ArrayViewMut2<'_, f32>, factor: ArrayView2<'_, f32>) {
    if target.nrows() <= TRIANGLE_LEAF {
        return general_mat_mul(sign, &factor, &factor.t(), 1.0, &mut target);
    }
    let Quarters {
        first,
        mut below,
        last,
    } = quarters(target);
    let (upper, lower) = factor.split_at(Axis(0), first.nrows());
    general_mat_mul(sign, &lower, &upper.t(), 1.0, &mut below);
    add_product(sign, first, upper);
    add_product(sign, last, lower);
}

struct Quarters<'a> {
    first: ArrayViewMut2<'a, f32>,
    below: ArrayViewMut2<'a, f32>,
    last: ArrayViewMut2<'a, f32>,
}

/// The two halves on the diagonal and the quarter below it.
fn quarters(matrix: ArrayViewMut2<'_, f32>) -> Quarters<'_> {
    let half = half(matrix.nrows());
    let (upper, lower) = matrix.split_at(Axis(0), half);
    let (first, _) = upper.split_at(Axis(1), half);
    let (below, last) = lower.split_at(Axis(1), half);
    Quarters { first, below, last }
}

fn parts(matrix: ArrayView2<'_, f32>) -> [ArrayView2<'_, f32>; 3] {
    let half = half(matrix.nrows());
    let (upper, lower) = matrix.split_at(Axis(0), half);
    let (first, _) = upper.split_at(Axis(1), half);
    let (below, last) = lower.split_at(Axis(1), half);
    [first, below, last]
}

/// In steps that the products like.
fn half(size: usize) -> usize {
    (size / 2).next_multiple_of(16)
}

/// A small triangle with zeros above the diagonal.
fn triangle(matrix: ArrayView2<'_, f32>) -> Array2<f32> {
    let mut lower = matrix.to_owned();
    for (at, mut row) in lower.rows_mut().into_iter().enumerate() {
        row.iter_mut().skip(at + 1).for_each(|value| *value = 0.0);
    }
    lower
}

/// Copies the lower triangle over the upper one, a tile at a time.
fn mirror(matrix: &mut Array2<f32>) {
    const TILE: usize = 32;
    let size = matrix.nrows();
    for top in (0..size).step_by(TILE) {
        for left in (0..=top).step_by(TILE) {
            for row in top..(top + TILE).min(size) {
                for column in left..(left + TILE).min(row) {
                    matrix[(column, row)] = matrix[(row, column)];
                }
            }
        }
    }
}
