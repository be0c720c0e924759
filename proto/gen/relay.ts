import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { FindHostsRequest as _bombyx_v1_FindHostsRequest, FindHostsRequest__Output as _bombyx_v1_FindHostsRequest__Output } from './bombyx/v1/FindHostsRequest.ts';
import type { FindHostsResponse as _bombyx_v1_FindHostsResponse, FindHostsResponse__Output as _bombyx_v1_FindHostsResponse__Output } from './bombyx/v1/FindHostsResponse.ts';
import type { GetLogConsistencyRequest as _bombyx_v1_GetLogConsistencyRequest, GetLogConsistencyRequest__Output as _bombyx_v1_GetLogConsistencyRequest__Output } from './bombyx/v1/GetLogConsistencyRequest.ts';
import type { GetLogConsistencyResponse as _bombyx_v1_GetLogConsistencyResponse, GetLogConsistencyResponse__Output as _bombyx_v1_GetLogConsistencyResponse__Output } from './bombyx/v1/GetLogConsistencyResponse.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { HostRefusal as _bombyx_v1_HostRefusal, HostRefusal__Output as _bombyx_v1_HostRefusal__Output } from './bombyx/v1/HostRefusal.ts';
import type { ListModelsRequest as _bombyx_v1_ListModelsRequest, ListModelsRequest__Output as _bombyx_v1_ListModelsRequest__Output } from './bombyx/v1/ListModelsRequest.ts';
import type { ListModelsResponse as _bombyx_v1_ListModelsResponse, ListModelsResponse__Output as _bombyx_v1_ListModelsResponse__Output } from './bombyx/v1/ListModelsResponse.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { OpenSessionEvent as _bombyx_v1_OpenSessionEvent, OpenSessionEvent__Output as _bombyx_v1_OpenSessionEvent__Output } from './bombyx/v1/OpenSessionEvent.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { RelayClient as _bombyx_v1_RelayClient, RelayDefinition as _bombyx_v1_RelayDefinition } from './bombyx/v1/Relay.ts';
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
      FindHostsRequest: MessageTypeDefinition<_bombyx_v1_FindHostsRequest, _bombyx_v1_FindHostsRequest__Output>
      FindHostsResponse: MessageTypeDefinition<_bombyx_v1_FindHostsResponse, _bombyx_v1_FindHostsResponse__Output>
      GetLogConsistencyRequest: MessageTypeDefinition<_bombyx_v1_GetLogConsistencyRequest, _bombyx_v1_GetLogConsistencyRequest__Output>
      GetLogConsistencyResponse: MessageTypeDefinition<_bombyx_v1_GetLogConsistencyResponse, _bombyx_v1_GetLogConsistencyResponse__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      HostRefusal: MessageTypeDefinition<_bombyx_v1_HostRefusal, _bombyx_v1_HostRefusal__Output>
      ListModelsRequest: MessageTypeDefinition<_bombyx_v1_ListModelsRequest, _bombyx_v1_ListModelsRequest__Output>
      ListModelsResponse: MessageTypeDefinition<_bombyx_v1_ListModelsResponse, _bombyx_v1_ListModelsResponse__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      OpenSessionEvent: MessageTypeDefinition<_bombyx_v1_OpenSessionEvent, _bombyx_v1_OpenSessionEvent__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      /**
       * For clients: find hosts and agree keys with them. Requests then travel on ClientLink. Authorised by an API key
       * (metadata `authorization: Bearer …`).
       */
      Relay: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_RelayClient> & { service: _bombyx_v1_RelayDefinition }
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
    }
  }
}

