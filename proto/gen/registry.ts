import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { ChallengeRequest as _bombyx_v1_ChallengeRequest, ChallengeRequest__Output as _bombyx_v1_ChallengeRequest__Output } from './bombyx/v1/ChallengeRequest.ts';
import type { ChallengeResponse as _bombyx_v1_ChallengeResponse, ChallengeResponse__Output as _bombyx_v1_ChallengeResponse__Output } from './bombyx/v1/ChallengeResponse.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { EnrolRequest as _bombyx_v1_EnrolRequest, EnrolRequest__Output as _bombyx_v1_EnrolRequest__Output } from './bombyx/v1/EnrolRequest.ts';
import type { EnrolResponse as _bombyx_v1_EnrolResponse, EnrolResponse__Output as _bombyx_v1_EnrolResponse__Output } from './bombyx/v1/EnrolResponse.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { IdentifyRequest as _bombyx_v1_IdentifyRequest, IdentifyRequest__Output as _bombyx_v1_IdentifyRequest__Output } from './bombyx/v1/IdentifyRequest.ts';
import type { IdentifyResponse as _bombyx_v1_IdentifyResponse, IdentifyResponse__Output as _bombyx_v1_IdentifyResponse__Output } from './bombyx/v1/IdentifyResponse.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { RegistryClient as _bombyx_v1_RegistryClient, RegistryDefinition as _bombyx_v1_RegistryDefinition } from './bombyx/v1/Registry.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';
import type { WithdrawRequest as _bombyx_v1_WithdrawRequest, WithdrawRequest__Output as _bombyx_v1_WithdrawRequest__Output } from './bombyx/v1/WithdrawRequest.ts';
import type { WithdrawResponse as _bombyx_v1_WithdrawResponse, WithdrawResponse__Output as _bombyx_v1_WithdrawResponse__Output } from './bombyx/v1/WithdrawResponse.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      ChallengeRequest: MessageTypeDefinition<_bombyx_v1_ChallengeRequest, _bombyx_v1_ChallengeRequest__Output>
      ChallengeResponse: MessageTypeDefinition<_bombyx_v1_ChallengeResponse, _bombyx_v1_ChallengeResponse__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      EnrolRequest: MessageTypeDefinition<_bombyx_v1_EnrolRequest, _bombyx_v1_EnrolRequest__Output>
      EnrolResponse: MessageTypeDefinition<_bombyx_v1_EnrolResponse, _bombyx_v1_EnrolResponse__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      IdentifyRequest: MessageTypeDefinition<_bombyx_v1_IdentifyRequest, _bombyx_v1_IdentifyRequest__Output>
      IdentifyResponse: MessageTypeDefinition<_bombyx_v1_IdentifyResponse, _bombyx_v1_IdentifyResponse__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      /**
       * Where a host agent enrols and attests again. Authorised by the provider's enrolment token
       * (metadata `authorization: Bearer …`).
       */
      Registry: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_RegistryClient> & { service: _bombyx_v1_RegistryDefinition }
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
      WithdrawRequest: MessageTypeDefinition<_bombyx_v1_WithdrawRequest, _bombyx_v1_WithdrawRequest__Output>
      WithdrawResponse: MessageTypeDefinition<_bombyx_v1_WithdrawResponse, _bombyx_v1_WithdrawResponse__Output>
    }
  }
}

