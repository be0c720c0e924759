import type * as grpc from '@grpc/grpc-js';
import type { MessageTypeDefinition } from '@grpc/proto-loader';

import type { Accept as _bombyx_v1_Accept, Accept__Output as _bombyx_v1_Accept__Output } from './bombyx/v1/Accept.ts';
import type { AddReferenceValueRequest as _bombyx_v1_AddReferenceValueRequest, AddReferenceValueRequest__Output as _bombyx_v1_AddReferenceValueRequest__Output } from './bombyx/v1/AddReferenceValueRequest.ts';
import type { AddReferenceValueResponse as _bombyx_v1_AddReferenceValueResponse, AddReferenceValueResponse__Output as _bombyx_v1_AddReferenceValueResponse__Output } from './bombyx/v1/AddReferenceValueResponse.ts';
import type { Batch as _bombyx_v1_Batch, Batch__Output as _bombyx_v1_Batch__Output } from './bombyx/v1/Batch.ts';
import type { CreateProviderRequest as _bombyx_v1_CreateProviderRequest, CreateProviderRequest__Output as _bombyx_v1_CreateProviderRequest__Output } from './bombyx/v1/CreateProviderRequest.ts';
import type { CreateProviderResponse as _bombyx_v1_CreateProviderResponse, CreateProviderResponse__Output as _bombyx_v1_CreateProviderResponse__Output } from './bombyx/v1/CreateProviderResponse.ts';
import type { Declaration as _bombyx_v1_Declaration, Declaration__Output as _bombyx_v1_Declaration__Output } from './bombyx/v1/Declaration.ts';
import type { GetHostRequest as _bombyx_v1_GetHostRequest, GetHostRequest__Output as _bombyx_v1_GetHostRequest__Output } from './bombyx/v1/GetHostRequest.ts';
import type { Hello as _bombyx_v1_Hello, Hello__Output as _bombyx_v1_Hello__Output } from './bombyx/v1/Hello.ts';
import type { Host as _bombyx_v1_Host, Host__Output as _bombyx_v1_Host__Output } from './bombyx/v1/Host.ts';
import type { HostRecord as _bombyx_v1_HostRecord, HostRecord__Output as _bombyx_v1_HostRecord__Output } from './bombyx/v1/HostRecord.ts';
import type { LiftQuarantineRequest as _bombyx_v1_LiftQuarantineRequest, LiftQuarantineRequest__Output as _bombyx_v1_LiftQuarantineRequest__Output } from './bombyx/v1/LiftQuarantineRequest.ts';
import type { ListHostsRequest as _bombyx_v1_ListHostsRequest, ListHostsRequest__Output as _bombyx_v1_ListHostsRequest__Output } from './bombyx/v1/ListHostsRequest.ts';
import type { ListHostsResponse as _bombyx_v1_ListHostsResponse, ListHostsResponse__Output as _bombyx_v1_ListHostsResponse__Output } from './bombyx/v1/ListHostsResponse.ts';
import type { ListReferenceValuesRequest as _bombyx_v1_ListReferenceValuesRequest, ListReferenceValuesRequest__Output as _bombyx_v1_ListReferenceValuesRequest__Output } from './bombyx/v1/ListReferenceValuesRequest.ts';
import type { ListReferenceValuesResponse as _bombyx_v1_ListReferenceValuesResponse, ListReferenceValuesResponse__Output as _bombyx_v1_ListReferenceValuesResponse__Output } from './bombyx/v1/ListReferenceValuesResponse.ts';
import type { Prices as _bombyx_v1_Prices, Prices__Output as _bombyx_v1_Prices__Output } from './bombyx/v1/Prices.ts';
import type { QuarantineHostRequest as _bombyx_v1_QuarantineHostRequest, QuarantineHostRequest__Output as _bombyx_v1_QuarantineHostRequest__Output } from './bombyx/v1/QuarantineHostRequest.ts';
import type { ReferenceValue as _bombyx_v1_ReferenceValue, ReferenceValue__Output as _bombyx_v1_ReferenceValue__Output } from './bombyx/v1/ReferenceValue.ts';
import type { RegistryAdminClient as _bombyx_v1_RegistryAdminClient, RegistryAdminDefinition as _bombyx_v1_RegistryAdminDefinition } from './bombyx/v1/RegistryAdmin.ts';
import type { Verdict as _bombyx_v1_Verdict, Verdict__Output as _bombyx_v1_Verdict__Output } from './bombyx/v1/Verdict.ts';

type SubtypeConstructor<Constructor extends new (...args: any) => any, Subtype> = {
  new(...args: ConstructorParameters<Constructor>): Subtype;
};

export interface ProtoGrpcType {
  bombyx: {
    v1: {
      Accept: MessageTypeDefinition<_bombyx_v1_Accept, _bombyx_v1_Accept__Output>
      AddReferenceValueRequest: MessageTypeDefinition<_bombyx_v1_AddReferenceValueRequest, _bombyx_v1_AddReferenceValueRequest__Output>
      AddReferenceValueResponse: MessageTypeDefinition<_bombyx_v1_AddReferenceValueResponse, _bombyx_v1_AddReferenceValueResponse__Output>
      Batch: MessageTypeDefinition<_bombyx_v1_Batch, _bombyx_v1_Batch__Output>
      CreateProviderRequest: MessageTypeDefinition<_bombyx_v1_CreateProviderRequest, _bombyx_v1_CreateProviderRequest__Output>
      CreateProviderResponse: MessageTypeDefinition<_bombyx_v1_CreateProviderResponse, _bombyx_v1_CreateProviderResponse__Output>
      Declaration: MessageTypeDefinition<_bombyx_v1_Declaration, _bombyx_v1_Declaration__Output>
      GetHostRequest: MessageTypeDefinition<_bombyx_v1_GetHostRequest, _bombyx_v1_GetHostRequest__Output>
      Hello: MessageTypeDefinition<_bombyx_v1_Hello, _bombyx_v1_Hello__Output>
      Host: MessageTypeDefinition<_bombyx_v1_Host, _bombyx_v1_Host__Output>
      HostRecord: MessageTypeDefinition<_bombyx_v1_HostRecord, _bombyx_v1_HostRecord__Output>
      LiftQuarantineRequest: MessageTypeDefinition<_bombyx_v1_LiftQuarantineRequest, _bombyx_v1_LiftQuarantineRequest__Output>
      ListHostsRequest: MessageTypeDefinition<_bombyx_v1_ListHostsRequest, _bombyx_v1_ListHostsRequest__Output>
      ListHostsResponse: MessageTypeDefinition<_bombyx_v1_ListHostsResponse, _bombyx_v1_ListHostsResponse__Output>
      ListReferenceValuesRequest: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesRequest, _bombyx_v1_ListReferenceValuesRequest__Output>
      ListReferenceValuesResponse: MessageTypeDefinition<_bombyx_v1_ListReferenceValuesResponse, _bombyx_v1_ListReferenceValuesResponse__Output>
      Prices: MessageTypeDefinition<_bombyx_v1_Prices, _bombyx_v1_Prices__Output>
      QuarantineHostRequest: MessageTypeDefinition<_bombyx_v1_QuarantineHostRequest, _bombyx_v1_QuarantineHostRequest__Output>
      ReferenceValue: MessageTypeDefinition<_bombyx_v1_ReferenceValue, _bombyx_v1_ReferenceValue__Output>
      /**
       * For the operator. Authorised by the admin token; open on loopback where no token is configured.
       */
      RegistryAdmin: SubtypeConstructor<typeof grpc.Client, _bombyx_v1_RegistryAdminClient> & { service: _bombyx_v1_RegistryAdminDefinition }
      Verdict: MessageTypeDefinition<_bombyx_v1_Verdict, _bombyx_v1_Verdict__Output>
    }
  }
}

