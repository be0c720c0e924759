// Original file: bombyx/v1/log.proto

import type { Long } from '@grpc/proto-loader';

export interface LogEntry {
  /**
   * From 1, without gaps, of this writer.
   */
  'sequence'?: (number | string | Long);
  /**
   * RFC 8785 form, at most 8 KiB.
   */
  'leaf'?: (Buffer | Uint8Array | string);
}

export interface LogEntry__Output {
  /**
   * From 1, without gaps, of this writer.
   */
  'sequence': (string);
  /**
   * RFC 8785 form, at most 8 KiB.
   */
  'leaf': (Buffer);
}
