// Original file: bombyx/v1/market.proto

import type { CoveringVoucher as _bombyx_v1_CoveringVoucher, CoveringVoucher__Output as _bombyx_v1_CoveringVoucher__Output } from '../../bombyx/v1/CoveringVoucher.ts';
import type { Long } from '@grpc/proto-loader';

export interface ServedStatement {
  'statement'?: (Buffer | Uint8Array | string);
  /**
   * "" where it is to be paid; otherwise the code that says why it is not.
   */
  'unbillable'?: (string);
  /**
   * Unix seconds.
   */
  'storedAt'?: (number | string | Long);
  'hostId'?: (Buffer | Uint8Array | string);
  'provider'?: (string);
  /**
   * The voucher that covered it first, by its consumer's word. Absent: none yet.
   */
  'voucher'?: (_bombyx_v1_CoveringVoucher | null);
}

export interface ServedStatement__Output {
  'statement': (Buffer);
  /**
   * "" where it is to be paid; otherwise the code that says why it is not.
   */
  'unbillable': (string);
  /**
   * Unix seconds.
   */
  'storedAt': (string);
  'hostId': (Buffer);
  'provider': (string);
  /**
   * The voucher that covered it first, by its consumer's word. Absent: none yet.
   */
  'voucher': (_bombyx_v1_CoveringVoucher__Output | null);
}
