using SyncModule.Core.Encoding;

namespace SyncModule.Core.Protocol;

/// <summary>WANT: addresses to send, in this order, at most 2,048. The same shape as ACCEPT: those of a WANT that are not here.</summary>
public sealed record AddressesMessage(IReadOnlyList<ObjectAddress> Addresses)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(8 + (Addresses.Count * 34));
        IdList.Write(writer, Addresses);
        return writer.ToArray();
    }

    public static AddressesMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        var addresses = IdList.Read(ref reader, SessionLimits.WantAddresses);
        reader.Finish();
        return addresses.Length > 0 ? new(addresses) : throw new VaultFormatException("A list of addresses is empty.");
    }
}

/// <summary>WINDOW [bytes]: so many more bytes of COMMITS and DATA frames may be sent.</summary>
public sealed record WindowMessage(long Credit)
{
    public byte[] Encode()
    {
        var writer = new CborWriter(16);
        writer.WriteArray(1);
        writer.WriteUInt((ulong)Credit);
        return writer.ToArray();
    }

    public static WindowMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        reader.ReadArrayOf(1);
        long credit = (long)reader.ReadUInt(1UL << 32);
        reader.Finish();
        return new(credit);
    }
}
