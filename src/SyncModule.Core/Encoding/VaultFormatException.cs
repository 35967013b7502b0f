namespace SyncModule.Core.Encoding;

/// <summary>Bytes that are not what format 1 says. Decoders throw nothing else, whatever they are fed.</summary>
public sealed class VaultFormatException(string message) : Exception(message);
