import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { AppraiseRequest as _bombyx_v1_AppraiseRequest, AppraiseRequest__Output as _bombyx_v1_AppraiseRequest__Output } from './bombyx/v1/AppraiseRequest.ts';
import type { AppraiseResponse as _bombyx_v1_AppraiseResponse, AppraiseResponse__Output as _bombyx_v1_AppraiseResponse__Output } from './bombyx/v1/AppraiseResponse.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { GetCollateralRequest as _bombyx_v1_GetCollateralRequest, GetCollateralRequest__Output as _bombyx_v1_GetCollateralRequest__Output } from './bombyx/v1/GetCollateralRequest.ts';
import type { GetCollateralResponse as _bombyx_v1_GetCollateralResponse, GetCollateralResponse__Output as _bombyx_v1_GetCollateralResponse__Output } from './bombyx/v1/GetCollateralResponse.ts';
import type { GetKeysRequest as _bombyx_v1_GetKeysRequest, GetKeysRequest__Output as _bombyx_v1_GetKeysRequest__Output } from './bombyx/v1/GetKeysRequest.ts';
import type { GetKeysResponse as _bombyx_v1_GetKeysResponse, GetKeysResponse__Output as _bombyx_v1_GetKeysResponse__Output } from './bombyx/v1/GetKeysResponse.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';
import type { VerifierClient as _bombyx_v1_VerifierClient, VerifierDefinition as _bombyx_v1_VerifierDefinition } from './bombyx/v1/Verifier.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      AppraiseRequest: MessageTypeDefinition<_bombyx_v1_AppraiseRequest, _bombyx_v1_AppraiseRequest__Output>
      AppraiseResponse: MessageTypeDefinition<_bombyx_v1_AppraiseResponse, _bombyx_v1_AppraiseResponse__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      GetCollateralRequest: MessageTypeDefinition<_bombyx_v1_GetCollateralRequest, _bombyx_v1_GetCollateralRequest__Output>
      GetCollateralResponse: MessageTypeDefinition<_bombyx_v1_GetCollateralResponse, _bombyx_v1_GetCollateralResponse__Output>
      GetKeysRequest: MessageTypeDefinition<_bombyx_v1_GetKeysRequest, _bombyx_v1_GetKeysRequest__Output>
      GetKeysResponse: MessageTypeDefinition<_bombyx_v1_GetKeysResponse, _bombyx_v1_GetKeysResponse__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
      /**
       * Appraises evidence for others and fetches what that takes from Intel and NVIDIA.
       */
      Verifier: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_VerifierClient> & { service: _bombyx_v1_VerifierDefinition }
    }
  }
}

