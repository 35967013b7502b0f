using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using SyncModule.Core.Encoding;

namespace SyncModule.Engine.Cryptography;

/// <summary>
/// Whole buffers through libzstd. What is decompressed is one frame, without dictionary, with a window of at most 8 MiB, into a
/// buffer whose length the caller knows from elsewhere; nothing that the frame says about itself sizes an allocation.
/// </summary>
internal static unsafe class Zstd
{
    /// <summary>Largest window that is opened: 2^23 bytes.</summary>
    public const int WindowLogMax = 23;

    private const uint Magic = 0xFD2FB528;

    // Making a context costs many times what a short text does. One stays with each thread that compresses; its memory goes with the thread.
    [ThreadStatic]
    private static ZstdCompressor? _compressor;

    /// <summary>Compresses into <paramref name="destination"/>; false when the result does not fit there.</summary>
    public static bool TryCompress(ReadOnlySpan<byte> source, Span<byte> destination, int level, out int written)
    {
        var compressor = _compressor ??= new();
        fixed (byte* s = source, d = destination)
        {
            nuint result = ZstdNative.ZSTD_compressCCtx(compressor.Handle, d, (nuint)destination.Length, s, (nuint)source.Length, level);
            GC.KeepAlive(compressor);
            bool fits = ZstdNative.ZSTD_isError(result) == 0;
            written = fits ? (int)result : 0;
            return fits;
        }
    }

    /// <summary>Decompresses to exactly the length of <paramref name="destination"/>.</summary>
    /// <exception cref="VaultFormatException">Anything else than one whole, sound frame of that length.</exception>
    public static void Decompress(ReadOnlySpan<byte> source, Span<byte> destination)
    {
        if (!HeaderIsAllowed(source)) throw new VaultFormatException("A compressed frame has a header that is not allowed.");
        nint context = ZstdNative.ZSTD_createDCtx();
        if (context == 0) throw SyncErrors.MemoryShort.With("libzstd could not allocate its context");
        try
        {
            // A one-shot call writes straight into the destination and keeps no window; the limit holds all the same.
            _ = ZstdNative.ZSTD_DCtx_setParameter(context, ZstdNative.WindowLogMaxParameter, WindowLogMax);
            byte nothing;
            fixed (byte* s = source, d = destination)
            {
                // Several frames in a row would decompress too: the frame must be all there is.
                bool whole = ZstdNative.ZSTD_findFrameCompressedSize(s, (nuint)source.Length) == (nuint)source.Length;
                nuint result = whole ? ZstdNative.ZSTD_decompressDCtx(context, d == null ? &nothing : d, (nuint)destination.Length, s, (nuint)source.Length) : 0;
                if (!whole || ZstdNative.ZSTD_isError(result) != 0 || result != (nuint)destination.Length)
                    throw new VaultFormatException("A compressed frame is damaged or has another length than was said.");
            }
        }
        finally
        {
            _ = ZstdNative.ZSTD_freeDCtx(context);
        }
    }

    // RFC 8878 §3.1.1.1: magic, descriptor, window byte unless single segment, dictionary id, content size.
    private static bool HeaderIsAllowed(ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 6 || BinaryPrimitives.ReadUInt32LittleEndian(frame) != Magic) return false;
        int descriptor = frame[4];
        bool singleSegment = (descriptor & 0x20) != 0;
        if ((descriptor & 0x08) != 0 || (descriptor & 0x03) != 0) return false; // reserved bit, dictionary
        if (!singleSegment)
        {
            int exponent = 10 + (frame[5] >> 3);
            ulong size = (1ul << exponent) + ((1ul << exponent) >> 3) * (uint)(frame[5] & 7);
            return size <= 1ul << WindowLogMax;
        }

        // Single segment: the window is the content size.
        int bytes = (descriptor >> 6) switch { 0 => 1, 1 => 2, 2 => 4, _ => 8 };
        if (frame.Length < 5 + bytes) return false;
        var field = frame.Slice(5, bytes);
        ulong content = bytes switch
        {
            1 => field[0],
            2 => BinaryPrimitives.ReadUInt16LittleEndian(field) + 256ul,
            4 => BinaryPrimitives.ReadUInt32LittleEndian(field),
            _ => BinaryPrimitives.ReadUInt64LittleEndian(field),
        };
        return content <= 1ul << WindowLogMax;
    }
}

/// <summary>A context of libzstd for compressing. One thread at a time.</summary>
internal sealed class ZstdCompressor
{
    public ZstdCompressor()
    {
        Handle = ZstdNative.ZSTD_createCCtx();
        if (Handle == 0) throw SyncErrors.MemoryShort.With("libzstd could not allocate its context");
    }

    ~ZstdCompressor()
    {
        // Also of one whose making failed, perhaps because there is no libzstd: an exception here would end the process.
        if (Handle != 0) _ = ZstdNative.ZSTD_freeCCtx(Handle);
    }

    public nint Handle { get; }
}

/// <summary>The functions of libzstd (1.4 or later) that are used.</summary>
internal static unsafe partial class ZstdNative
{
    /// <summary>ZSTD_d_windowLogMax.</summary>
    public const int WindowLogMaxParameter = 100;

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint ZSTD_createCCtx();

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_freeCCtx(nint context);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_compressCCtx(nint context, byte* dst, nuint dstCapacity, byte* src, nuint srcSize, int level);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial uint ZSTD_isError(nuint code);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nint ZSTD_createDCtx();

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_freeDCtx(nint context);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_DCtx_setParameter(nint context, int parameter, int value);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_findFrameCompressedSize(byte* src, nuint srcSize);

    [LibraryImport(NativeLibraries.Zstd)]
    [UnmanagedCallConv(CallConvs = [typeof(CallConvCdecl)])]
    public static partial nuint ZSTD_decompressDCtx(nint context, byte* dst, nuint dstCapacity, byte* src, nuint srcSize);
}
