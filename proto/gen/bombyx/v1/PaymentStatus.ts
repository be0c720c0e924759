// Original file: bombyx/v1/payment.proto

import type { Long } from '@grpc/proto-loader';

/**
 * How a payer stands with a host, as the host sees it. nanoTON; sums since the escrow began.
 */
export interface PaymentStatus {
  /**
   * JCS, signed by the keyset's receipt key: whom the host wants paid, and by what kind of escrow.
   */
  'terms'?: (Buffer | Uint8Array | string);
  'delivered'?: (number | string | Long);
  'vouchered'?: (number | string | Long);
  /**
   * Why the next request would be refused with UNPAID; empty: it would not. HOST_LOST: the host did not say, but a voucher that came is
   * stored.
   */
  'reason'?: (string);
  /**
   * The voucher that would do; absent where none would.
   */
  'cumulative'?: (number | string | Long);
  /**
   * By the relay's word: the market has the voucher that came, or will never take it.
   */
  'stored'?: (boolean);
  '_cumulative'?: "cumulative";
}

/**
 * How a payer stands with a host, as the host sees it. nanoTON; sums since the escrow began.
 */
export interface PaymentStatus__Output {
  /**
   * JCS, signed by the keyset's receipt key: whom the host wants paid, and by what kind of escrow.
   */
  'terms': (Buffer);
  'delivered': (string);
  'vouchered': (string);
  /**
   * Why the next request would be refused with UNPAID; empty: it would not. HOST_LOST: the host did not say, but a voucher that came is
   * stored.
   */
  'reason': (string);
  /**
   * The voucher that would do; absent where none would.
   */
  'cumulative'?: (string);
  /**
   * By the relay's word: the market has the voucher that came, or will never take it.
   */
  'stored': (boolean);
  '_cumulative'?: "cumulative";
}
