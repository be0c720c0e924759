// Original file: bombyx/v1/host_session.proto

import type { HelloCall as _bombyx_v1_HelloCall, HelloCall__Output as _bombyx_v1_HelloCall__Output } from '../../bombyx/v1/HelloCall.ts';
import type { PaymentCall as _bombyx_v1_PaymentCall, PaymentCall__Output as _bombyx_v1_PaymentCall__Output } from '../../bombyx/v1/PaymentCall.ts';
import type { LeftWord as _bombyx_v1_LeftWord, LeftWord__Output as _bombyx_v1_LeftWord__Output } from '../../bombyx/v1/LeftWord.ts';

export interface HostSessionCall {
  /**
   * 32 bytes, first message only.
   */
  'nonce'?: (Buffer | Uint8Array | string);
  'hello'?: (_bombyx_v1_HelloCall | null);
  'payment'?: (_bombyx_v1_PaymentCall | null);
  'left'?: (_bombyx_v1_LeftWord | null);
  'call'?: "nonce"|"hello"|"payment"|"left";
}

export interface HostSessionCall__Output {
  /**
   * 32 bytes, first message only.
   */
  'nonce'?: (Buffer);
  'hello'?: (_bombyx_v1_HelloCall__Output | null);
  'payment'?: (_bombyx_v1_PaymentCall__Output | null);
  'left'?: (_bombyx_v1_LeftWord__Output | null);
  'call'?: "nonce"|"hello"|"payment"|"left";
}
