// Original file: bombyx/v1/market.proto

import type { Long } from '@grpc/proto-loader';

export interface BillLine {
  /**
   * YYYY-MM-DD, UTC.
   */
  'day'?: (string);
  /**
   * Empty where no key is known: then `tenant` says who.
   */
  'organisation'?: (string);
  'keyId'?: (Buffer | Uint8Array | string);
  'tenant'?: (Buffer | Uint8Array | string);
  'model'?: (string);
  /**
   * "" where it is to be paid; otherwise the code that says why it is not.
   */
  'unbillable'?: (string);
  'requests'?: (number | string | Long);
  'cancelled'?: (number | string | Long);
  'failed'?: (number | string | Long);
  'promptTokens'?: (number | string | Long);
  'cachedTokens'?: (number | string | Long);
  'completionTokens'?: (number | string | Long);
  'reasoningTokens'?: (number | string | Long);
  /**
   * nanoTON; of what is not billable, what the statements say.
   */
  'price'?: (string);
}

export interface BillLine__Output {
  /**
   * YYYY-MM-DD, UTC.
   */
  'day': (string);
  /**
   * Empty where no key is known: then `tenant` says who.
   */
  'organisation': (string);
  'keyId': (Buffer);
  'tenant': (Buffer);
  'model': (string);
  /**
   * "" where it is to be paid; otherwise the code that says why it is not.
   */
  'unbillable': (string);
  'requests': (string);
  'cancelled': (string);
  'failed': (string);
  'promptTokens': (string);
  'cachedTokens': (string);
  'completionTokens': (string);
  'reasoningTokens': (string);
  /**
   * nanoTON; of what is not billable, what the statements say.
   */
  'price': (string);
}
