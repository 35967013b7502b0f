using SyncModule.Core.Model;

namespace SyncModule.Engine.Cryptography.Noise;

/// <summary>
/// The messages of an open session (format-1 §13): at most 65,519 bytes of plaintext each, a new key in each direction after every
/// 2^14 messages. A message that does not open closes the transport and moves no counter. One thread may encrypt while another
/// decrypts; neither half is thread-safe by itself.
/// </summary>
public sealed class NoiseTransport : IDisposable
{
    /// <summary>Longest plaintext of one message in bytes: 65,535 less the tag.</summary>
    public const int MaxPlaintext = 65_519;

    /// <summary>Bytes that a message is longer than its plaintext.</summary>
    public const int Overhead = CipherState.TagSize;

    /// <summary>Messages in one direction under one key.</summary>
    public const ulong MessagesPerKey = 1 << 14;

    private readonly CipherState _send;
    private readonly CipherState _receive;
    private volatile bool _closed;

    internal NoiseTransport(NoiseHandshake handshake)
        : this(handshake.Split(), handshake.HandshakeHash)
    {
    }

    /// <summary>Takes over the two ciphers.</summary>
    internal NoiseTransport((CipherState Send, CipherState Receive) ciphers, Id32 handshakeHash)
    {
        (_send, _receive) = ciphers;
        HandshakeHash = handshakeHash;
    }

    /// <summary>The same on both sides and on no other session; what application messages are bound to.</summary>
    public Id32 HandshakeHash { get; }

    /// <summary>True after a message did not open, or after <see cref="Dispose"/>.</summary>
    public bool IsClosed => _closed;

    internal ulong SendNonce => _send.Nonce;

    internal ulong ReceiveNonce => _receive.Nonce;

    /// <summary>Seals one message into the start of <paramref name="destination"/>; returns its length.</summary>
    public int Encrypt(ReadOnlySpan<byte> plaintext, Span<byte> destination)
    {
        ThrowIfClosed();
        if (plaintext.Length > MaxPlaintext) throw new ArgumentException("A message has at most 65,519 bytes.", nameof(plaintext));
        if (destination.Length < plaintext.Length + Overhead) throw new ArgumentException("The destination is too short.", nameof(destination));
        int length = _send.Encrypt([], plaintext, destination);
        if (_send.Nonce % MessagesPerKey == 0 && !Plants.RekeyLeftOut) _send.Rekey();
        return length;
    }

    public byte[] Encrypt(ReadOnlySpan<byte> plaintext)
    {
        var message = new byte[Math.Min(plaintext.Length, MaxPlaintext) + Overhead];
        Encrypt(plaintext, message);
        return message;
    }

    /// <summary>Opens one message into the start of <paramref name="destination"/>; returns the plaintext's length.</summary>
    /// <exception cref="SyncException"><see cref="SyncErrors.ProtocolViolation"/> when it does not open: the transport is closed then;
    /// <see cref="SyncErrors.SessionLost"/> when it was closed before.</exception>
    public int Decrypt(ReadOnlySpan<byte> message, Span<byte> destination)
    {
        ThrowIfClosed();
        bool inBounds = message.Length is >= Overhead and <= MaxPlaintext + Overhead;
        if (inBounds && destination.Length < message.Length - Overhead) throw new ArgumentException("The destination is too short.", nameof(destination));
        if (!inBounds || !_receive.TryDecrypt([], message, destination, out int length))
        {
            _closed = true;
            throw SyncErrors.ProtocolViolation.With("A message of the peer does not authenticate");
        }

        if (_receive.Nonce % MessagesPerKey == 0 && !Plants.RekeyLeftOut) _receive.Rekey();
        return length;
    }

    public byte[] Decrypt(ReadOnlySpan<byte> message)
    {
        var plaintext = new byte[Math.Clamp(message.Length - Overhead, 0, MaxPlaintext)];
        Decrypt(message, plaintext);
        return plaintext;
    }

    public void Dispose()
    {
        _closed = true;
        _send.Dispose();
        _receive.Dispose();
    }

    private void ThrowIfClosed()
    {
        if (_closed) throw SyncErrors.SessionLost.With("The session is closed");
    }
}
