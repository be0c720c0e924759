// Original file: bombyx/v1/payment.proto

import type { VoucherMessage as _bombyx_v1_VoucherMessage, VoucherMessage__Output as _bombyx_v1_VoucherMessage__Output } from '../../bombyx/v1/VoucherMessage.ts';
import type { Long } from '@grpc/proto-loader';

export interface GiveVoucherRequest {
  /**
   * Of the host, 32 bytes.
   */
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * Account of the escrow in the basechain, 32 bytes.
   */
  'escrow'?: (Buffer | Uint8Array | string);
  'voucher'?: (_bombyx_v1_VoucherMessage | null);
  /**
   * nanoTON of the request that is meant; 0: any.
   */
  'maxPrice'?: (number | string | Long);
}

export interface GiveVoucherRequest__Output {
  /**
   * Of the host, 32 bytes.
   */
  'keysetDigest': (Buffer);
  /**
   * Account of the escrow in the basechain, 32 bytes.
   */
  'escrow': (Buffer);
  'voucher': (_bombyx_v1_VoucherMessage__Output | null);
  /**
   * nanoTON of the request that is meant; 0: any.
   */
  'maxPrice': (string);
}
