// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface GetProofRequest {
  'index'?: (number | string | Long);
  /**
   * RFC 6962 leaf hash; the first leaf that has it.
   */
  'leafHash'?: (Buffer | Uint8Array | string);
  'leaf'?: "index"|"leafHash";
}

export interface GetProofRequest__Output {
  'index'?: (string);
  /**
   * RFC 6962 leaf hash; the first leaf that has it.
   */
  'leafHash'?: (Buffer);
  'leaf'?: "index"|"leafHash";
}
