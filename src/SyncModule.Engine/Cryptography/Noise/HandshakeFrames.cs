using System.Buffers.Binary;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>Sizes and framing of the handshake (format-1 §13): every Noise message is u16 length ‖ bytes, on every transport.</summary>
public static class HandshakeFrames
{
    /// <summary>Protocol major: peers of another one do not understand each other.</summary>
    public const byte Major = 1;

    public const int PreambleSize = 4;
    public const int Mac1Size = 16;
    public const int NoiseMessage1Size = 48;

    /// <summary>Exact size of the first message: preamble, MAC1, Noise message.</summary>
    public const int Message1Size = PreambleSize + Mac1Size + NoiseMessage1Size;

    /// <summary>Largest second message.</summary>
    public const int MaxMessage2 = 512;

    /// <summary>Largest third message, early bytes included.</summary>
    public const int MaxMessage3 = 16 * 1024;

    /// <summary>Bytes of the length in front.</summary>
    public const int LengthSize = 2;

    internal static ReadOnlySpan<byte> Magic => "SM"u8;

    /// <summary>u16 length ‖ message, ready to be sent.</summary>
    public static byte[] Frame(ReadOnlySpan<byte> message)
    {
        if (message.Length > ushort.MaxValue) throw new ArgumentException("A Noise message has at most 65,535 bytes.", nameof(message));
        var framed = new byte[LengthSize + message.Length];
        BinaryPrimitives.WriteUInt16BigEndian(framed, (ushort)message.Length);
        message.CopyTo(framed.AsSpan(LengthSize));
        return framed;
    }

    /// <summary>The length in two received bytes, checked before anything is allocated for it.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.MessageTooLarge"/> when it is over <paramref name="max"/>.</exception>
    public static int ReadLength(ReadOnlySpan<byte> twoBytes, int max)
    {
        int length = BinaryPrimitives.ReadUInt16BigEndian(twoBytes);
        return length <= max ? length : throw SyncErrors.MessageTooLarge.With("The peer announced a handshake message over the limit");
    }
}
