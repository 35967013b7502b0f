using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>What a device may do (format-1 §10).</summary>
public enum DeviceRole : byte
{
    /// <summary>Reads, writes and changes the membership, unless the policy leaves that to administrators.</summary>
    Full = 0,

    /// <summary>Carries ciphertext only.</summary>
    Keyless = 1,

    /// <summary>Full and administrator; the founder is one.</summary>
    Administrator = 2,
}

/// <summary>
/// Binds a device's two public keys to a vault: [1, vault, ed, x, role, signature by ed over L("device") ‖ CBOR of the first five]
/// (format-1 §2). It says nothing about membership: that is the fold's.
/// </summary>
public sealed record DeviceCertificate(VaultId Vault, DeviceId Device, Id32 X25519, DeviceRole Role, byte[] Signature)
{
    /// <summary>Upper bound of the encoded form, in bytes.</summary>
    public const int MaxBytes = 256;

    private const int FormatVersion = 1;
    private const int SignatureSize = 64;

    public byte[] Encode()
    {
        var writer = new CborWriter(MaxBytes);
        writer.WriteArray(6);
        WriteFields(writer);
        writer.WriteBytes(Signature);
        return writer.ToArray();
    }

    /// <summary>Throws <see cref="VaultFormatException"/>. The signature is not checked here.</summary>
    public static DeviceCertificate Decode(ReadOnlySpan<byte> encoded)
    {
        var reader = new CborReader(encoded);
        reader.ReadArrayOf(6);
        if (reader.ReadUInt() != FormatVersion) throw new VaultFormatException("The certificate's format is unknown.");
        var certificate = new DeviceCertificate(
            reader.ReadId32(), reader.ReadId32(), reader.ReadId32(), (DeviceRole)reader.ReadUInt((ulong)DeviceRole.Administrator), reader.ReadBytesOf(SignatureSize).ToArray());
        reader.Finish();
        return certificate;
    }

    /// <summary>True when the device itself signed it.</summary>
    public bool Verify(ISignatureVerifier verifier) => Signature.Length == SignatureSize && verifier.Verify(Device, SignedBytes(), Signature);

    /// <summary>L("device") ‖ CBOR of [1, vault, ed, x, role]: what the device signs.</summary>
    public byte[] SignedBytes()
    {
        var writer = new CborWriter(MaxBytes);
        writer.WriteRaw(Labels.Device);
        writer.WriteArray(5);
        WriteFields(writer);
        return writer.ToArray();
    }

    private void WriteFields(CborWriter writer)
    {
        writer.WriteUInt(FormatVersion);
        writer.WriteId(Vault);
        writer.WriteId(Device);
        writer.WriteId(X25519);
        writer.WriteUInt((ulong)Role);
    }
}
