// Original file: bombyx/v1/host_session.proto

import type { HostIdentity as _bombyx_v1_HostIdentity, HostIdentity__Output as _bombyx_v1_HostIdentity__Output } from '../../bombyx/v1/HostIdentity.ts';
import type { AcceptAnswer as _bombyx_v1_AcceptAnswer, AcceptAnswer__Output as _bombyx_v1_AcceptAnswer__Output } from '../../bombyx/v1/AcceptAnswer.ts';
import type { RefusalAnswer as _bombyx_v1_RefusalAnswer, RefusalAnswer__Output as _bombyx_v1_RefusalAnswer__Output } from '../../bombyx/v1/RefusalAnswer.ts';
import type { PaymentAnswer as _bombyx_v1_PaymentAnswer, PaymentAnswer__Output as _bombyx_v1_PaymentAnswer__Output } from '../../bombyx/v1/PaymentAnswer.ts';
import type { LeftStatements as _bombyx_v1_LeftStatements, LeftStatements__Output as _bombyx_v1_LeftStatements__Output } from '../../bombyx/v1/LeftStatements.ts';

export interface HostSessionAnswer {
  'identity'?: (_bombyx_v1_HostIdentity | null);
  'accept'?: (_bombyx_v1_AcceptAnswer | null);
  'refusal'?: (_bombyx_v1_RefusalAnswer | null);
  'payment'?: (_bombyx_v1_PaymentAnswer | null);
  'left'?: (_bombyx_v1_LeftStatements | null);
  'answer'?: "identity"|"accept"|"refusal"|"payment"|"left";
}

export interface HostSessionAnswer__Output {
  'identity'?: (_bombyx_v1_HostIdentity__Output | null);
  'accept'?: (_bombyx_v1_AcceptAnswer__Output | null);
  'refusal'?: (_bombyx_v1_RefusalAnswer__Output | null);
  'payment'?: (_bombyx_v1_PaymentAnswer__Output | null);
  'left'?: (_bombyx_v1_LeftStatements__Output | null);
  'answer'?: "identity"|"accept"|"refusal"|"payment"|"left";
}
