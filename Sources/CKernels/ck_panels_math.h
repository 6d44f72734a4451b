// Activations on sixteen numbers in a register, for the epilogue of packed products; included where TARGET and INLINE are
// defined. Infinity and NaN come out as they do where the formulas are written out.

// 2^x to a relative error of 2e-7: 0 below the smallest number, infinity above the largest.
INLINE __m512 exp2_of(__m512 x) {
  __m512 whole = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  // x less the whole: 0 for an infinity, where a subtraction gives NaN.
  __m512 f = _mm512_reduce_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
  __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.00015353257185779512f), f, _mm512_set1_ps(0.0013399003073573112f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.00961843878030777f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.05550331994891167f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.24022647738456726f));
  p = _mm512_fmadd_ps(p, f, _mm512_set1_ps(0.6931471824645996f));
  return _mm512_scalef_ps(_mm512_fmadd_ps(p, f, _mm512_set1_ps(1)), whole);
}

// 1 + e^-x.
INLINE __m512 one_and_exp(__m512 x) {
  return _mm512_add_ps(_mm512_set1_ps(1), exp2_of(_mm512_mul_ps(x, _mm512_set1_ps(-1.44269504f))));
}

// x times the normal distribution's share below x. The share beyond |x| is by formula 7.1.26 of Abramowitz and Stegun, 1964
// (error 7.5e-8).
INLINE __m512 gelu_of(__m512 x) {
  __m512 z = _mm512_mul_ps(_mm512_abs_ps(x), _mm512_set1_ps(0.70710678f));
  __m512 t = _mm512_div_ps(_mm512_set1_ps(1), _mm512_fmadd_ps(z, _mm512_set1_ps(0.3275911f), _mm512_set1_ps(1)));
  __m512 p = _mm512_fmadd_ps(_mm512_set1_ps(0.5f * 1.061405429f), t, _mm512_set1_ps(0.5f * -1.453152027f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.5f * 1.421413741f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.5f * -0.284496736f));
  p = _mm512_fmadd_ps(p, t, _mm512_set1_ps(0.5f * 0.254829592f));
  __m512 beyond = _mm512_mul_ps(p, t);
  beyond = _mm512_mul_ps(beyond, exp2_of(_mm512_mul_ps(_mm512_mul_ps(z, z), _mm512_set1_ps(-1.44269504f))));
  __mmask16 is_negative = _mm512_cmp_ps_mask(x, _mm512_setzero_ps(), _CMP_LT_OQ);
  return _mm512_mul_ps(x, _mm512_mask_sub_ps(beyond, (__mmask16)~is_negative, _mm512_set1_ps(1), beyond));
}

INLINE __m512 gelu_tanh_of(__m512 x) {
  // 0.5 (1 + tanh u) = 1 / (1 + e^-2u)
  __m512 cubic = _mm512_fmadd_ps(_mm512_mul_ps(x, x), _mm512_set1_ps(0.044715f * 1.59576912f), _mm512_set1_ps(1.59576912f));
  return _mm512_div_ps(x, one_and_exp(_mm512_mul_ps(x, cubic)));
}

INLINE __m512 activated(__m512 x, const ck_activation activation) {
  switch (activation) {
    case CK_ACTIVATION_NONE: return x;
    // NaN stays NaN: the order of operands matters.
    case CK_ACTIVATION_RELU: return _mm512_max_ps(_mm512_setzero_ps(), x);
    case CK_ACTIVATION_GELU: return gelu_of(x);
    case CK_ACTIVATION_GELU_TANH: return gelu_tanh_of(x);
    case CK_ACTIVATION_SILU: return _mm512_div_ps(x, one_and_exp(x));
    case CK_ACTIVATION_SIGMOID: return _mm512_div_ps(_mm512_set1_ps(1), one_and_exp(x));
  }
}
