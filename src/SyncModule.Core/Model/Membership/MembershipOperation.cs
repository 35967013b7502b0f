using SyncModule.Core.Encoding;

namespace SyncModule.Core.Model.Membership;

/// <summary>Kinds of lane-1 operations (format-1 §10). This version applies the first two; any other parks the lane where it stands.</summary>
public enum MembershipKind : byte
{
    Genesis = 64,
    Add = 65,
    Remove = 66,
    Admit = 67,
    Rotate = 68,
    Share = 69,
    Rename = 70,
    SetRole = 71,
    SetMinVersion = 72,
    Policy = 73,
}

/// <summary>One operation of a membership commit, or what stood in its place.</summary>
public abstract record MembershipOperation
{
    /// <summary>UTF-8 bytes of a device's name.</summary>
    public const int MaxNameBytes = 256;

    private MembershipOperation()
    {
    }

    /// <summary>[64, record, certificate, name, epochId]: the whole first commit. Record and certificate are byte strings of their CBOR.</summary>
    public sealed record Genesis(GenesisRecord Record, DeviceCertificate Certificate, string Name, EpochId Epoch) : MembershipOperation;

    /// <summary>[65, certificate, name]</summary>
    public sealed record Add(DeviceCertificate Certificate, string Name) : MembershipOperation;

    /// <summary>A known kind whose fields are broken: it counts in the chain and has no effect, everywhere alike (format-1 §4).</summary>
    public sealed record Malformed : MembershipOperation;

    /// <summary>A kind that this version does not apply: stop writing, hold, forward, do not fold past it (M7).</summary>
    public sealed record Unknown(ulong Kind) : MembershipOperation;

    internal void Write(CborWriter writer)
    {
        switch (this)
        {
            case Genesis genesis:
                writer.WriteArray(5);
                writer.WriteUInt((ulong)MembershipKind.Genesis);
                writer.WriteBytes(genesis.Record.Encode());
                writer.WriteBytes(genesis.Certificate.Encode());
                writer.WriteText(genesis.Name);
                writer.WriteId(genesis.Epoch);
                break;
            case Add add:
                writer.WriteArray(3);
                writer.WriteUInt((ulong)MembershipKind.Add);
                writer.WriteBytes(add.Certificate.Encode());
                writer.WriteText(add.Name);
                break;
            default:
                throw new ArgumentException("Only operations that this version applies are written.");
        }
    }

    internal static MembershipOperation Decode(ReadOnlySpan<byte> encoded)
    {
        try
        {
            var reader = new CborReader(encoded);
            int fields = reader.ReadArray(int.MaxValue);
            if (fields == 0) return new Malformed();
            ulong kind = reader.ReadUInt();
            MembershipOperation operation;
            if (OfNewerFormat(encoded, kind)) return new Unknown(kind);
            switch ((kind, fields))
            {
                case ((ulong)MembershipKind.Genesis, 5):
                    operation = new Genesis(
                        GenesisRecord.Decode(reader.ReadBytes(128)), DeviceCertificate.Decode(reader.ReadBytes(256)), reader.ReadText(MaxNameBytes), reader.ReadId32());
                    break;
                case ((ulong)MembershipKind.Add, 3):
                    operation = new Add(DeviceCertificate.Decode(reader.ReadBytes(256)), reader.ReadText(MaxNameBytes));
                    break;
                case ((ulong)MembershipKind.Genesis or (ulong)MembershipKind.Add, _):
                    return new Malformed();
                default:
                    return new Unknown(kind);
            }

            reader.Finish();
            return operation;
        }
        catch (VaultFormatException)
        {
            return new Malformed();
        }
    }

    // A known kind around a record or certificate of another format is not broken but newer: passing over it here would give this
    // device other members than a newer one computes.
    private static bool OfNewerFormat(ReadOnlySpan<byte> encoded, ulong kind)
    {
        if (kind is not ((ulong)MembershipKind.Genesis or (ulong)MembershipKind.Add)) return false;
        var reader = new CborReader(encoded);
        int fields = reader.ReadArray(int.MaxValue);
        reader.ReadUInt();
        for (int i = 1; i < fields && reader.Peek() == CborKind.Bytes; i++)
        {
            // In a genesis the record, then the certificate; the 32 bytes of an epoch are not reached, text stands before them.
            var inner = new CborReader(reader.ReadBytes(int.MaxValue));
            if (inner.ReadArray(int.MaxValue) > 0 && inner.ReadUInt() != 1) return true;
        }

        return false;
    }
}

/// <summary>The plain content of a membership block: a CBOR array of operations.</summary>
public static class MembershipOperationList
{
    /// <summary>Operations in one membership commit.</summary>
    public const int MaxOperations = 4096;

    public static byte[] Encode(IReadOnlyList<MembershipOperation> operations)
    {
        var writer = new CborWriter(operations.Count * 256);
        writer.WriteArray(operations.Count);
        foreach (var operation in operations) operation.Write(writer);
        return writer.ToArray();
    }

    /// <summary>Never throws: a block that is no array of items is one malformed operation.</summary>
    public static IReadOnlyList<MembershipOperation> Decode(ReadOnlySpan<byte> plain)
    {
        try
        {
            var reader = new CborReader(plain);
            var list = new MembershipOperation[reader.ReadArray(MaxOperations)];
            for (int i = 0; i < list.Length; i++) list[i] = MembershipOperation.Decode(reader.ReadEncoded());
            reader.Finish();
            return list;
        }
        catch (VaultFormatException)
        {
            return [new MembershipOperation.Malformed()];
        }
    }
}
