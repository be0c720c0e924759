// Original file: bombyx/v1/log.proto

import type { LogEntry as _bombyx_v1_LogEntry, LogEntry__Output as _bombyx_v1_LogEntry__Output } from '../../bombyx/v1/LogEntry.ts';

export interface AppendRequest {
  /**
   * Consecutive sequences, at most 1024 entries; none to hand over blobs alone.
   */
  'entries'?: (_bombyx_v1_LogEntry)[];
  /**
   * What these or later leaves name by digest; kept under their SHA-256. At most 4 MiB a call with all else.
   */
  'blobs'?: (Buffer | Uint8Array | string)[];
  /**
   * Whose sequences these are; where the log has tokens, the name that it knows the call's token by.
   */
  'writer'?: (string);
}

export interface AppendRequest__Output {
  /**
   * Consecutive sequences, at most 1024 entries; none to hand over blobs alone.
   */
  'entries': (_bombyx_v1_LogEntry__Output)[];
  /**
   * What these or later leaves name by digest; kept under their SHA-256. At most 4 MiB a call with all else.
   */
  'blobs': (Buffer)[];
  /**
   * Whose sequences these are; where the log has tokens, the name that it knows the call's token by.
   */
  'writer': (string);
}
