// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface CoveringVoucher {
  /**
   * Accounts in the basechain, 32 bytes.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  'payee'?: (Buffer | Uint8Array | string);
  /**
   * nanoTON: all that the payee may have had from the escrow, ever.
   */
  'cumulative'?: (number | string | Long);
  /**
   * Whether the chain has paid that much, when last seen.
   */
  'paid'?: (boolean);
}

export interface CoveringVoucher__Output {
  /**
   * Accounts in the basechain, 32 bytes.
   */
  'escrow': (Buffer);
  'payee': (Buffer);
  /**
   * nanoTON: all that the payee may have had from the escrow, ever.
   */
  'cumulative': (string);
  /**
   * Whether the chain has paid that much, when last seen.
   */
  'paid': (boolean);
}
