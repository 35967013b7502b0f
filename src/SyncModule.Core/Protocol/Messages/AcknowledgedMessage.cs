using SyncModule.Core.Encoding;
using SyncModule.Core.Model;

namespace SyncModule.Core.Protocol;

/// <summary>[bytes…]: encoded <see cref="Acknowledgement"/>s. What is in them is checked by who keeps them.</summary>
public sealed record AcknowledgedMessage(IReadOnlyList<byte[]> Signed)
{
    /// <summary>In one frame.</summary>
    public const int MaxCount = 1024;

    public byte[] Encode()
    {
        var writer = new CborWriter(16 + Signed.Sum(s => s.Length + 5));
        writer.WriteArray(Signed.Count);
        foreach (byte[] one in Signed) writer.WriteBytes(one);
        return writer.ToArray();
    }

    public static AcknowledgedMessage Decode(ReadOnlySpan<byte> body)
    {
        var reader = new CborReader(body);
        var signed = new byte[reader.ReadArray(MaxCount)][];
        for (int i = 0; i < signed.Length; i++) signed[i] = reader.ReadBytes(Acknowledgement.MaxBytes).ToArray();
        reader.Finish();
        return new(signed);
    }
}
