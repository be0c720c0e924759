// Original file: bombyx/v1/metering.proto

import type { Long } from '@grpc/proto-loader';

export interface ReceiptName {
  /**
   * 16 bytes.
   */
  'sessionId'?: (Buffer | Uint8Array | string);
  /**
   * Of the request in the session.
   */
  'n'?: (number | string | Long);
  /**
   * Of the host, 32 bytes.
   */
  'keysetDigest'?: (Buffer | Uint8Array | string);
  /**
   * SHA-256 of the receipt with its signature.
   */
  'receiptHash'?: (Buffer | Uint8Array | string);
}

export interface ReceiptName__Output {
  /**
   * 16 bytes.
   */
  'sessionId': (Buffer);
  /**
   * Of the request in the session.
   */
  'n': (string);
  /**
   * Of the host, 32 bytes.
   */
  'keysetDigest': (Buffer);
  /**
   * SHA-256 of the receipt with its signature.
   */
  'receiptHash': (Buffer);
}
