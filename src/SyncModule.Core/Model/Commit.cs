using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model;

/// <summary>
/// A commit as it is stored and sent: record = [header, signature]; id = H(L("commit") ‖ header); the signature is over
/// L("commit-sig") ‖ id (format-1 §3). The record is kept as the bytes that were signed.
/// </summary>
public sealed class Commit
{
    /// <summary>Largest encoded record: header with 128 ids and 256 blocks.</summary>
    public const int MaxRecordBytes = 32 << 10;

    /// <summary>Bytes of an Ed25519 signature.</summary>
    public const int SignatureSize = 64;

    private Commit(CommitHeader header, CommitId id, byte[] record)
    {
        Header = header;
        Id = id;
        Record = record;
    }

    public CommitHeader Header { get; }

    public CommitId Id { get; }

    /// <summary>[header, signature] in canonical CBOR.</summary>
    public byte[] Record { get; }

    /// <summary>Reads a record and computes its id. The signature is not checked here: that needs a verifier.</summary>
    public static Commit Decode(ReadOnlySpan<byte> record)
    {
        if (record.Length > MaxRecordBytes) throw new VaultFormatException("A commit record is larger than allowed.");
        var reader = new CborReader(record);
        reader.ReadArrayOf(2);
        int start = reader.Position;
        var header = CommitHeader.Read(ref reader);
        var id = Digest.HashOf(Labels.Commit, record[start..reader.Position]);
        reader.ReadBytesOf(SignatureSize);
        reader.Finish();
        return new(header, id, record.ToArray());
    }

    /// <summary>Builds and signs a record. <paramref name="sign"/> gets L("commit-sig") ‖ id and gives 64 bytes.</summary>
    public static Commit Create(CommitHeader header, Func<byte[], byte[]> sign)
    {
        var encoded = header.Encode();
        var id = Digest.HashOf(Labels.Commit, encoded);
        var writer = new CborWriter(encoded.Length + SignatureSize + 8);
        writer.WriteArray(2);
        writer.WriteRaw(encoded);
        writer.WriteBytes(sign(SignedBytes(id)));
        return new(header, id, writer.ToArray());
    }

    /// <summary>True when the author's signature fits.</summary>
    public bool Verify(ISignatureVerifier verifier) => verifier.Verify(Header.Device, SignedBytes(Id), Record.AsSpan(Record.Length - SignatureSize));

    private static byte[] SignedBytes(CommitId id) => [.. Labels.CommitSignature, .. id.ToArray()];
}
