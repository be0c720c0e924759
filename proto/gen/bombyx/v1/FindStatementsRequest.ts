// Original file: bombyx/v1/metering.proto

import type { ReceiptName as _bombyx_v1_ReceiptName, ReceiptName__Output as _bombyx_v1_ReceiptName__Output } from '../../bombyx/v1/ReceiptName.ts';

export interface FindStatementsRequest {
  /**
   * 256 at most.
   */
  'receipts'?: (_bombyx_v1_ReceiptName)[];
}

export interface FindStatementsRequest__Output {
  /**
   * 256 at most.
   */
  'receipts': (_bombyx_v1_ReceiptName__Output)[];
}
