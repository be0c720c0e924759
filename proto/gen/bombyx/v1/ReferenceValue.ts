// Original file: bombyx/v1/types.proto

import type { Long } from '@grpc/proto-loader';

/**
 * A release of measurements, or the end of one, as the log has it. Whether it counts is for each policy to say.
 */
export interface ReferenceValue {
  /**
   * RFC 8785 form, signed by release keys.
   */
  'leaf'?: (Buffer | Uint8Array | string);
  /**
   * Absent until the log has it in a signed checkpoint.
   */
  'logIndex'?: (number | string | Long);
  /**
   * A C2SP tlog-proof from when the log took it: how long it has been there is what its checkpoint's time says. Empty before.
   */
  'proof'?: (Buffer | Uint8Array | string);
  '_logIndex'?: "logIndex";
}

/**
 * A release of measurements, or the end of one, as the log has it. Whether it counts is for each policy to say.
 */
export interface ReferenceValue__Output {
  /**
   * RFC 8785 form, signed by release keys.
   */
  'leaf': (Buffer);
  /**
   * Absent until the log has it in a signed checkpoint.
   */
  'logIndex'?: (string);
  /**
   * A C2SP tlog-proof from when the log took it: how long it has been there is what its checkpoint's time says. Empty before.
   */
  'proof': (Buffer);
  '_logIndex'?: "logIndex";
}
