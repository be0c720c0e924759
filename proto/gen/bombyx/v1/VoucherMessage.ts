// Original file: bombyx/v1/payment.proto

import type { CoveredStatement as _bombyx_v1_CoveredStatement, CoveredStatement__Output as _bombyx_v1_CoveredStatement__Output } from '../../bombyx/v1/CoveredStatement.ts';

export interface VoucherMessage {
  /**
   * 191 bytes: the voucher and its signature.
   */
  'voucher'?: (Buffer | Uint8Array | string);
  /**
   * The usage statements that it pays for and that no voucher before it did which the market has, in the order of the voucher's usage
   * root.
   */
  'covered'?: (_bombyx_v1_CoveredStatement)[];
  /**
   * Ed25519, by the key that signed the voucher: vouchers are public, and what they cover is for nobody else to say. Without it nothing is
   * covered.
   */
  'coveredSignature'?: (Buffer | Uint8Array | string);
}

export interface VoucherMessage__Output {
  /**
   * 191 bytes: the voucher and its signature.
   */
  'voucher': (Buffer);
  /**
   * The usage statements that it pays for and that no voucher before it did which the market has, in the order of the voucher's usage
   * root.
   */
  'covered': (_bombyx_v1_CoveredStatement__Output)[];
  /**
   * Ed25519, by the key that signed the voucher: vouchers are public, and what they cover is for nobody else to say. Without it nothing is
   * covered.
   */
  'coveredSignature': (Buffer);
}
