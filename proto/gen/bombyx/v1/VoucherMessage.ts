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
}
