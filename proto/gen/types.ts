import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
    }
  }
}

