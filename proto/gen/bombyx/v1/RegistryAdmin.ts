// Original file: bombyx/v1/registry_admin.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddReferenceValueRequest as _bombyx_v1_AddReferenceValueRequest, AddReferenceValueRequest__Output as _bombyx_v1_AddReferenceValueRequest__Output } from '../../bombyx/v1/AddReferenceValueRequest.ts';
import type { AddReferenceValueResponse as _bombyx_v1_AddReferenceValueResponse, AddReferenceValueResponse__Output as _bombyx_v1_AddReferenceValueResponse__Output } from '../../bombyx/v1/AddReferenceValueResponse.ts';
import type { CreateProviderRequest as _bombyx_v1_CreateProviderRequest, CreateProviderRequest__Output as _bombyx_v1_CreateProviderRequest__Output } from '../../bombyx/v1/CreateProviderRequest.ts';
import type { CreateProviderResponse as _bombyx_v1_CreateProviderResponse, CreateProviderResponse__Output as _bombyx_v1_CreateProviderResponse__Output } from '../../bombyx/v1/CreateProviderResponse.ts';
import type { GetHostRequest as _bombyx_v1_GetHostRequest, GetHostRequest__Output as _bombyx_v1_GetHostRequest__Output } from '../../bombyx/v1/GetHostRequest.ts';
import type { HostRecord as _bombyx_v1_HostRecord, HostRecord__Output as _bombyx_v1_HostRecord__Output } from '../../bombyx/v1/HostRecord.ts';
import type { LiftQuarantineRequest as _bombyx_v1_LiftQuarantineRequest, LiftQuarantineRequest__Output as _bombyx_v1_LiftQuarantineRequest__Output } from '../../bombyx/v1/LiftQuarantineRequest.ts';
import type { ListHostsRequest as _bombyx_v1_ListHostsRequest, ListHostsRequest__Output as _bombyx_v1_ListHostsRequest__Output } from '../../bombyx/v1/ListHostsRequest.ts';
import type { ListHostsResponse as _bombyx_v1_ListHostsResponse, ListHostsResponse__Output as _bombyx_v1_ListHostsResponse__Output } from '../../bombyx/v1/ListHostsResponse.ts';
import type { QuarantineHostRequest as _bombyx_v1_QuarantineHostRequest, QuarantineHostRequest__Output as _bombyx_v1_QuarantineHostRequest__Output } from '../../bombyx/v1/QuarantineHostRequest.ts';

/**
 * For the operator. Authorised by the admin token; open on loopback where no token is configured.
 */
export interface RegistryAdminClient extends grpc.Client {
  /**
   * Puts a reference value, signed by release keys, into the log. The same one again changes nothing. FAILED_PRECONDITION
   * without a log.
   */
  AddReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  AddReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  AddReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  AddReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Puts a reference value, signed by release keys, into the log. The same one again changes nothing. FAILED_PRECONDITION
   * without a log.
   */
  addReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  addReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  addReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  addReferenceValue(argument: _bombyx_v1_AddReferenceValueRequest, callback: grpc.requestCallback<_bombyx_v1_AddReferenceValueResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Makes a provider and its enrolment token, which is shown this once and stored as a hash.
   */
  CreateProvider(argument: _bombyx_v1_CreateProviderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  CreateProvider(argument: _bombyx_v1_CreateProviderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  CreateProvider(argument: _bombyx_v1_CreateProviderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  CreateProvider(argument: _bombyx_v1_CreateProviderRequest, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  /**
   * Makes a provider and its enrolment token, which is shown this once and stored as a hash.
   */
  createProvider(argument: _bombyx_v1_CreateProviderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  createProvider(argument: _bombyx_v1_CreateProviderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  createProvider(argument: _bombyx_v1_CreateProviderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  createProvider(argument: _bombyx_v1_CreateProviderRequest, callback: grpc.requestCallback<_bombyx_v1_CreateProviderResponse__Output>): grpc.ClientUnaryCall;
  
  GetHost(argument: _bombyx_v1_GetHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  GetHost(argument: _bombyx_v1_GetHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  GetHost(argument: _bombyx_v1_GetHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  GetHost(argument: _bombyx_v1_GetHostRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  getHost(argument: _bombyx_v1_GetHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  getHost(argument: _bombyx_v1_GetHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  getHost(argument: _bombyx_v1_GetHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  getHost(argument: _bombyx_v1_GetHostRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  
  LiftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  LiftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  LiftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  LiftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  liftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  liftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  liftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  liftQuarantine(argument: _bombyx_v1_LiftQuarantineRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  
  /**
   * All hosts, quarantined and lapsed ones too.
   */
  ListHosts(argument: _bombyx_v1_ListHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _bombyx_v1_ListHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _bombyx_v1_ListHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  ListHosts(argument: _bombyx_v1_ListHostsRequest, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  /**
   * All hosts, quarantined and lapsed ones too.
   */
  listHosts(argument: _bombyx_v1_ListHostsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _bombyx_v1_ListHostsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _bombyx_v1_ListHostsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  listHosts(argument: _bombyx_v1_ListHostsRequest, callback: grpc.requestCallback<_bombyx_v1_ListHostsResponse__Output>): grpc.ClientUnaryCall;
  
  /**
   * Takes effect at once; lifted by LiftQuarantine, or by a fresh good appraisal when the registry itself imposed it.
   */
  QuarantineHost(argument: _bombyx_v1_QuarantineHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  QuarantineHost(argument: _bombyx_v1_QuarantineHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  QuarantineHost(argument: _bombyx_v1_QuarantineHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  QuarantineHost(argument: _bombyx_v1_QuarantineHostRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  /**
   * Takes effect at once; lifted by LiftQuarantine, or by a fresh good appraisal when the registry itself imposed it.
   */
  quarantineHost(argument: _bombyx_v1_QuarantineHostRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  quarantineHost(argument: _bombyx_v1_QuarantineHostRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  quarantineHost(argument: _bombyx_v1_QuarantineHostRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  quarantineHost(argument: _bombyx_v1_QuarantineHostRequest, callback: grpc.requestCallback<_bombyx_v1_HostRecord__Output>): grpc.ClientUnaryCall;
  
}

/**
 * For the operator. Authorised by the admin token; open on loopback where no token is configured.
 */
export interface RegistryAdminHandlers extends grpc.UntypedServiceImplementation {
  /**
   * Puts a reference value, signed by release keys, into the log. The same one again changes nothing. FAILED_PRECONDITION
   * without a log.
   */
  AddReferenceValue: grpc.handleUnaryCall<_bombyx_v1_AddReferenceValueRequest__Output, _bombyx_v1_AddReferenceValueResponse>;
  
  /**
   * Makes a provider and its enrolment token, which is shown this once and stored as a hash.
   */
  CreateProvider: grpc.handleUnaryCall<_bombyx_v1_CreateProviderRequest__Output, _bombyx_v1_CreateProviderResponse>;
  
  GetHost: grpc.handleUnaryCall<_bombyx_v1_GetHostRequest__Output, _bombyx_v1_HostRecord>;
  
  LiftQuarantine: grpc.handleUnaryCall<_bombyx_v1_LiftQuarantineRequest__Output, _bombyx_v1_HostRecord>;
  
  /**
   * All hosts, quarantined and lapsed ones too.
   */
  ListHosts: grpc.handleUnaryCall<_bombyx_v1_ListHostsRequest__Output, _bombyx_v1_ListHostsResponse>;
  
  /**
   * Takes effect at once; lifted by LiftQuarantine, or by a fresh good appraisal when the registry itself imposed it.
   */
  QuarantineHost: grpc.handleUnaryCall<_bombyx_v1_QuarantineHostRequest__Output, _bombyx_v1_HostRecord>;
  
}

export interface RegistryAdminDefinition extends grpc.ServiceDefinition {
  AddReferenceValue: MethodDefinition<_bombyx_v1_AddReferenceValueRequest, _bombyx_v1_AddReferenceValueResponse, _bombyx_v1_AddReferenceValueRequest__Output, _bombyx_v1_AddReferenceValueResponse__Output>
  CreateProvider: MethodDefinition<_bombyx_v1_CreateProviderRequest, _bombyx_v1_CreateProviderResponse, _bombyx_v1_CreateProviderRequest__Output, _bombyx_v1_CreateProviderResponse__Output>
  GetHost: MethodDefinition<_bombyx_v1_GetHostRequest, _bombyx_v1_HostRecord, _bombyx_v1_GetHostRequest__Output, _bombyx_v1_HostRecord__Output>
  LiftQuarantine: MethodDefinition<_bombyx_v1_LiftQuarantineRequest, _bombyx_v1_HostRecord, _bombyx_v1_LiftQuarantineRequest__Output, _bombyx_v1_HostRecord__Output>
  ListHosts: MethodDefinition<_bombyx_v1_ListHostsRequest, _bombyx_v1_ListHostsResponse, _bombyx_v1_ListHostsRequest__Output, _bombyx_v1_ListHostsResponse__Output>
  QuarantineHost: MethodDefinition<_bombyx_v1_QuarantineHostRequest, _bombyx_v1_HostRecord, _bombyx_v1_QuarantineHostRequest__Output, _bombyx_v1_HostRecord__Output>
}
